package lab

import (
	"embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

// The names that stand in the configuration files.
const (
	ManagerUser   = "astcti" // has the rights a CTI server needs and no more
	ManagerSecret = "lab-secret"
	watchUser     = "watch"

	ServiceContext      = "astcti-service"       // 101; 111 rings for two seconds only
	QueueServiceContext = "astcti-queue-service" // 102; 112 waits for three seconds only
	Queue               = "astcti-queue"
)

// Phones are the accounts every instance has. 200 and 203 call, 201 and 202 are
// the agents that the services ring.
var Phones = []string{"200", "201", "202", "203"}

// Members are the phones in the queue.
var Members = []string{"201", "202"}

// PhonePassword is the SIP password of a phone.
func PhonePassword(phone string) string { return "pw" + phone }

// LongName is the caller's name that extension 121 sets: as long as a line of the
// dialplan allows, with markup in it.
var LongName = "<b>" + strings.Repeat("0123456789abcdef", 250) + "</b>"

// modules are all that the two services need with SIP phones. An absent module is
// skipped: versions differ in what is a module of its own.
var modules = []string{
	"pbx_config", "app_dial", "app_read", "app_queue", "app_stack", "func_callerid", "func_uri",
	"bridge_simple", "codec_ulaw", "res_timing_timerfd",
	"res_pjproject", "res_sorcery_config", "res_sorcery_memory", "res_sorcery_astdb",
	"res_pjsip", "res_pjsip_session", "res_pjsip_sdp_rtp", "res_rtp_asterisk",
	"res_pjsip_registrar", "res_pjsip_authenticator_digest", "res_pjsip_endpoint_identifier_user",
	"res_pjsip_caller_id", "res_pjsip_pubsub", "chan_pjsip",
}

// absent are files that Asterisk looks for and would warn about.
var absent = []string{
	"acl.conf", "ccss.conf", "cel.conf", "cli.conf", "codecs.conf", "dsp.conf", "extconfig.conf",
	"features.conf", "http.conf", "indications.conf", "musiconhold.conf", "pjproject.conf", "queuerules.conf",
	"sorcery.conf", "stasis.conf", "udptl.conf",
}

//go:embed etc
var templates embed.FS

var parsed = template.Must(template.New("").Funcs(template.FuncMap{
	"phonePassword": PhonePassword,
	"longName":      func() string { return LongName },
}).ParseFS(templates, "etc/*.conf"))

// settings are what the templates are filled with.
type settings struct {
	ports
	Dir, Modules string
	Load         []string
	Phones       []string
	Members      []string

	ManagerUser, ManagerSecret, WatchUser string
}

// configure writes a whole configuration, and the folders it names, into dir.
func (r *Root) configure(dir string, p ports) error {
	for _, sub := range []string{"etc", "cache", "var", "db", "keys", "spool", "run", "log", "data/documentation", "data/sounds"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return err
		}
	}
	// The configuration framework refuses to start without its documentation.
	const documentation = "documentation/core-en_US.xml"
	link := filepath.Join(dir, "data", documentation)
	if err := os.Symlink(filepath.Join(r.Dir, "usr/share/asterisk", documentation), link); err != nil && !os.IsExist(err) {
		return err
	}
	if err := certify(filepath.Join(dir, "keys")); err != nil {
		return err
	}
	s := settings{
		ports: p, Dir: dir, Modules: r.modules, Phones: Phones, Members: Members,
		ManagerUser: ManagerUser, ManagerSecret: ManagerSecret, WatchUser: watchUser,
	}
	for _, m := range modules {
		if _, err := os.Stat(filepath.Join(r.modules, m+".so")); err == nil {
			s.Load = append(s.Load, m)
		}
	}
	for _, t := range parsed.Templates() {
		if t.Name() == "" {
			continue
		}
		var text strings.Builder
		if err := t.Execute(&text, s); err != nil {
			return fmt.Errorf("%s: %w", t.Name(), err)
		}
		if err := os.WriteFile(filepath.Join(dir, "etc", t.Name()), []byte(text.String()), 0o644); err != nil {
			return err
		}
	}
	for _, name := range absent {
		if err := os.WriteFile(filepath.Join(dir, "etc", name), nil, 0o644); err != nil {
			return err
		}
	}
	return nil
}
