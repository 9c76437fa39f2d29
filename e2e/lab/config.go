package lab

import (
	"bytes"
	"embed"
	"fmt"
	"os"
	"path/filepath"
	"slices"
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

	// Calls to these can be handed on. extensions.conf says what the numbers are.
	SalesContext    = "astcti"   // 131 to 133
	SupportContext  = "astctiq"  // 141 and 142
	OutboundContext = "outbound" // 9 and a customer's number
	SecondQueue     = "second-queue"
	LocalQueue      = "freepbx-queue"

	// Two queues without members, for those who sign in; 151 is the first.
	AgentsContext = "agents"
	AgentsQueue   = "agents-queue"
	AgentsSecond  = "agents-second"
)

// The two channel drivers for telephones.
const (
	PJSIP = "PJSIP"
	SIP   = "SIP"
)

// Phones are the accounts every instance has in the house. 200 and 203 call, 201
// and 202 are the agents that the services ring, 204 is one more.
var Phones = []string{"200", "201", "202", "203", "204"}

// Customers are the accounts outside: their calls come in as over a trunk.
var Customers = []string{"300", "301"}

// Members are the phones in the queue.
var Members = []string{"201", "202"}

// PhonePassword is the SIP password of a phone.
func PhonePassword(phone string) string { return "pw" + phone }

// LongName is the caller's name that extension 121 sets: as long as a line of the
// dialplan allows, with markup in it.
var LongName = "<b>" + strings.Repeat("0123456789abcdef", 250) + "</b>"

// modules are all that the services and the features of calls need. An absent
// module is skipped: versions differ in what is a module of its own.
var modules = []string{
	"pbx_config", "app_dial", "app_read", "app_queue", "app_stack", "app_directed_pickup", "app_confbridge",
	"app_chanspy", "app_followme", "app_page", "app_mixmonitor",
	"func_callerid", "func_dialplan", "func_uri", "func_devstate", "res_parking", "res_musiconhold", "res_timing_timerfd", "res_rtp_asterisk",
	"bridge_simple", "bridge_holding", "bridge_softmix", "bridge_builtin_features",
	"codec_ulaw", "codec_gsm", "format_gsm", "format_pcm", // prompts are GSM
	"res_pjproject", "res_sorcery_config", "res_sorcery_memory", "res_sorcery_astdb",
}

// drivers are the modules of a channel driver.
var drivers = map[string][]string{
	SIP: {"chan_sip"},
	PJSIP: {
		"res_pjsip", "res_pjsip_session", "res_pjsip_sdp_rtp",
		"res_pjsip_registrar", "res_pjsip_authenticator_digest", "res_pjsip_endpoint_identifier_user",
		"res_pjsip_caller_id", "res_pjsip_pubsub", "res_pjsip_refer", "res_pjsip_notify", "chan_pjsip",
	},
}

// absent are files that Asterisk looks for and would warn about.
var absent = []string{
	"acl.conf", "ccss.conf", "cel.conf", "cli.conf", "codecs.conf", "dsp.conf", "extconfig.conf",
	"http.conf", "indications.conf", "pjproject.conf", "queuerules.conf",
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
	Options
	Modules                     string
	Load                        []string
	Members                     []string
	Phones, Customers, Accounts []string

	ManagerUser, ManagerSecret, WatchUser string
}

// configure writes a whole configuration, and the folders it names.
func (r *Root) configure(opt Options, p ports) error {
	dir := opt.Dir
	for _, sub := range []string{"etc", "cache", "var", "db", "keys", "spool", "run", "log", "data/documentation", "data/sounds", "data/moh"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return err
		}
	}
	for link, target := range map[string]string{
		// The configuration framework refuses to start without its documentation,
		// and a transfer by keys ends when its prompt cannot be played.
		"data/documentation/core-en_US.xml": "documentation/core-en_US.xml",
		"data/sounds/en":                    "sounds/en_US_f_Allison",
	} {
		err := os.Symlink(filepath.Join(r.Dir, "usr/share/asterisk", target), filepath.Join(dir, link))
		if err != nil && !os.IsExist(err) {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "data/moh/silence.ulaw"), bytes.Repeat([]byte{0xff}, 8000), 0o644); err != nil {
		return err
	}
	if err := certify(filepath.Join(dir, "keys")); err != nil {
		return err
	}
	s := settings{
		ports: p, Options: opt, Modules: r.modules, Members: Members,
		Phones: Phones, Customers: Customers, Accounts: slices.Concat(Phones, Customers),
		ManagerUser: ManagerUser, ManagerSecret: ManagerSecret, WatchUser: watchUser,
	}
	driver := "chan_" + strings.ToLower(opt.Tech) + ".so"
	if _, err := os.Stat(filepath.Join(r.modules, driver)); err != nil {
		return fmt.Errorf("Asterisk %d cannot do that: %w", r.Version, err)
	}
	for _, m := range slices.Concat(modules, drivers[opt.Tech]) {
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
