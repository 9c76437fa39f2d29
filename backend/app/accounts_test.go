package app

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/asteriskcti/asteriskcti/backend/settings"
	"github.com/asteriskcti/asteriskcti/backend/store"
	"github.com/asteriskcti/asteriskcti/backend/web/admin"
)

// TestAddress: links lead where the settings say.
func TestAddress(t *testing.T) {
	for _, c := range []struct {
		http settings.HTTP
		want string
	}{
		{settings.HTTP{Listen: "127.0.0.1:8080"}, "http://127.0.0.1:8080"},
		{settings.HTTP{Listen: ":8080"}, "http://127.0.0.1:8080"},
		{settings.HTTP{Listen: "[::]:8080"}, "http://127.0.0.1:8080"},
		{settings.HTTP{Listen: "cti.example:443", TLSCert: "x"}, "https://cti.example:443"},
		{settings.HTTP{Listen: ":8080", PublicURL: "https://cti.example/"}, "https://cti.example"},
	} {
		s := &server{opts: Options{Settings: settings.Settings{HTTP: c.http}}}
		if got := s.address(); got != c.want {
			t.Errorf("%+v: %s", c.http, got)
		}
	}
}

// TestTellSetup: the link is told while there is no manager, and not after.
func TestTellSetup(t *testing.T) {
	st, err := store.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	var log bytes.Buffer
	s := &server{store: st, log: slog.New(slog.NewTextHandler(&log, nil)), opts: Options{Settings: settings.Settings{HTTP: settings.HTTP{Listen: ":8080"}}}}
	s.admin = admin.New(admin.Options{Store: st, Log: s.log, Address: s.address})
	if s.tellSetup(t.Context()); !strings.Contains(log.String(), `setup="http://127.0.0.1:8080/admin/setup?token=`) {
		t.Errorf("%s", &log)
	}
	log.Reset()
	if _, err := st.SaveFirstManager(t.Context(), store.Editor{}, store.ManagerDraft{UserID: "ann", FullName: "Ann", Password: "a garden of thoughts"}); err != nil {
		t.Fatal(err)
	}
	if s.tellSetup(t.Context()); log.Len() > 0 {
		t.Errorf("%s", &log)
	}
}
