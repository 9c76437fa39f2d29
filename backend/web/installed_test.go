package web

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestManifest: the browser is told enough to install the panel, in its own language.
func TestManifest(t *testing.T) {
	pages := builtPages()
	for _, name := range []string{"icon-192.png", "icon-512.png", "icon-maskable-512.png"} {
		pages[name] = pages["favicon.svg"]
	}
	s := newSite(t, func(o *Options) { o.Dist = pages })
	names := map[string]string{}
	for _, lang := range []string{"en", "it", "fr", "de", "es"} {
		got := s.browser().get("/agent.webmanifest", with("Accept-Language", lang))
		var m webManifest
		if err := json.Unmarshal([]byte(got.body), &m); err != nil {
			t.Fatalf("%s: %v in %s", lang, err, got.body)
		}
		if string(m.Lang) != lang || m.StartURL != "/agent" || m.Display != "standalone" || m.Description == "" {
			t.Errorf("%s: %+v", lang, m)
		}
		if len(m.Icons) != 4 || !strings.HasPrefix(m.Icons[0].Src, "/assets/icon-192") {
			t.Errorf("%s: icons %+v", lang, m.Icons)
		}
		names[m.Name+m.Description] = lang
	}
	if len(names) != 5 {
		t.Errorf("%d names for five languages: %v", len(names), names)
	}
	if body := s.browser().get("/agent").body; !strings.Contains(body, `<link rel="manifest" href="/agent.webmanifest">`) ||
		strings.Count(body, `<meta name="theme-color"`) != 2 || strings.Contains(body, "data-hosts") {
		t.Errorf("the panel's shell: %s", body)
	}
	framed := newSite(t, func(o *Options) { o.FrameAncestors = []string{"https://a.example", "https://b.example"} })
	if body := framed.browser().get("/agent").body; !strings.Contains(body, `data-hosts="https://a.example https://b.example"`) {
		t.Errorf("the panel does not know who may speak with it: %s", body)
	}
}
