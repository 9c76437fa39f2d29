// Package settings is the boot file, astcti.yaml: where things lie and listen, and
// how Asterisk is reached. What a call centre is made of (services, seats,
// operators) is not here but in package config, which changes while we run.
package settings

import (
	"log/slog"
	"path/filepath"
	"time"
)

// Settings is the whole boot file. Every key is also an environment variable,
// ASTCTI_ and its path in capitals (ASTCTI_AMI_ADDRESS), which wins over the file.
type Settings struct {
	DataDir    string    `yaml:"data_dir"`    // working database, pepper, sign-ins
	PublishDir string    `yaml:"publish_dir"` // published configurations; default data_dir/published
	AMI        AMI       `yaml:"ami"`
	HTTP       HTTP      `yaml:"http"`
	TCP        TCP       `yaml:"tcp"`
	Agents     Agents    `yaml:"agents"`
	Originate  Originate `yaml:"originate"`
	Control    Control   `yaml:"control"`
	Audit      Audit     `yaml:"audit"`
	History    History   `yaml:"history"`
	Webhook    Webhook   `yaml:"webhook"`
	SMTP       SMTP      `yaml:"smtp"`
	Log        Log       `yaml:"log"`
	Metrics    Metrics   `yaml:"metrics"`

	given map[string]bool // keys that the file or the environment has set
}

// AMI says how Asterisk's manager interface is reached (rows A1, A2, A8). What is not given
// here, an administrator may give in the configurator: see Given.
type AMI struct {
	Address    string        `yaml:"address"`  // host:port; 5038 when no port is given
	Username   string        `yaml:"username"` // it and Secret: both, or neither
	Secret     Secret        `yaml:"secret"`
	TLS        bool          `yaml:"tls"`
	CAFile     string        `yaml:"ca_file"`     // PEM; the system's roots when empty
	Auth       string        `yaml:"auth"`        // "md5" (challenge) or "secret"
	Retries    int           `yaml:"retries"`     // further tries after a failed one; -1 for ever
	RetryPause time.Duration `yaml:"retry_pause"` // 5s or more
	Ping       time.Duration `yaml:"ping"`        // 1s to 10s
}

// HTTP is the door of browsers.
type HTTP struct {
	Listen    string `yaml:"listen"`
	PublicURL string `yaml:"public_url"` // as browsers type it, when that differs from Listen
	TLSCert   string `yaml:"tls_cert"`
	TLSKey    string `yaml:"tls_key"`

	// TrustedProxies may say in X-Forwarded-For who the browser is: networks like
	// "10.0.0.0/8" or addresses. Without, a proxy is one client to the limits of signing in.
	TrustedProxies Networks `yaml:"trusted_proxies"`

	// AllowedOrigins are the sites whose pages may hold an agent's connection, by a
	// ticket that the panel gave them; "https://crm.example". None: only the panel.
	AllowedOrigins Origins `yaml:"allowed_origins"`

	// FrameAncestors are the sites that may show the panel in a frame of theirs, and speak
	// with it there; "https://crm.example". None: nobody.
	FrameAncestors Origins `yaml:"frame_ancestors"`
}

// TCP is the door of desktop clients (row E12).
type TCP struct {
	Listen    string        `yaml:"listen"`     // cleartext; empty for none
	TLSListen string        `yaml:"tls_listen"` // empty for none
	TLSCert   string        `yaml:"tls_cert"`
	TLSKey    string        `yaml:"tls_key"`
	Idle      time.Duration `yaml:"idle"` // silence after which a client is closed (row E6)
}

// Log says how much is logged, and how.
type Log struct {
	Level  string `yaml:"level"`  // debug, info, warn, error
	Format string `yaml:"format"` // text, json
}

// Metrics is Prometheus' door; empty Listen for none.
type Metrics struct {
	Listen string `yaml:"listen"`
}

// Words of Agents.SecondSignIn.
const (
	Replace = "replace" // the second client takes the agent's place, the first is signed out
	Refuse  = "refuse"  // the second client is refused
)

// Agents is what holds for all agents.
type Agents struct {
	Grace        time.Duration `yaml:"grace"`          // how long a lost agent stays in the queues; 0 to 10m, 0: not at all
	SecondSignIn string        `yaml:"second_sign_in"` // Replace or Refuse
}

// Originate bounds the calls that each agent places (row C4).
type Originate struct {
	PerMinute int           `yaml:"per_minute"` // 1 to 600
	PerHour   int           `yaml:"per_hour"`   // 1 to 36000
	Timeout   time.Duration `yaml:"timeout"`    // how long the agent's telephone rings, 5s to 2m

	// How numbers look here, for services that do not say what of it they may call.
	Abroad      Prefixes `yaml:"abroad"`       // beginnings of numbers abroad
	Premium     Prefixes `yaml:"premium"`      // beginnings of numbers at a high price
	OutsideLine string   `yaml:"outside_line"` // digits for an outside line, which stand before both; 8 at most, or none
}

// Control is how agents hand calls on at a click.
type Control struct {
	// Context is that of the dialplan in which an agent's telephone is dialled by its name
	// ("201" of PJSIP/201) and a queue by its own. Empty: calls go to numbers only.
	Context string `yaml:"context"`
	// Attended: a colleague can be asked before. Dial and Queue of the calls have option t or T.
	Attended bool `yaml:"attended"`
	// PhoneEvents: telephones do what a NOTIFY within a call tells them, hold and talk.
	PhoneEvents bool `yaml:"phone_events"`
}

// Audit is the record of what agents asked for.
type Audit struct {
	File string `yaml:"file"` // default data_dir/audit.jsonl
}

// History is agents' calls that are over.
type History struct {
	Keep time.Duration `yaml:"keep"` // how long each is kept, 1h to 87600h; 0: nothing is
}

// Webhook is the other system that is told of calls that are over and of notes; empty URL for
// none.
type Webhook struct {
	URL     string        `yaml:"url"`     // https; http to this machine only
	Secret  Secret        `yaml:"secret"`  // what deliveries are signed with: "whsec_" and 24 to 64 bytes in base64
	Timeout time.Duration `yaml:"timeout"` // of one try, 1s to 1m
	CAFile  string        `yaml:"ca_file"` // PEM; the system's roots when empty
}

// Words of SMTP.TLS.
const (
	StartTLS    = "starttls" // the connection begins in clear and nothing is told before it is encrypted
	ImplicitTLS = "implicit" // encrypted from its first byte
)

// SMTP is the mail server that reset links of managers go out by; empty Host for none.
// There is no cleartext: a link lets whoever reads it in.
type SMTP struct {
	Host     string `yaml:"host"`
	Port     int    `yaml:"port"`     // 465 with ImplicitTLS where it is not given
	Username string `yaml:"username"` // it and Password: both, or neither
	Password Secret `yaml:"password"`
	From     string `yaml:"from"` // an address, with or without a name
	TLS      string `yaml:"tls"`  // StartTLS or ImplicitTLS
	CAFile   string `yaml:"ca_file"`
}

// Defaults is what holds where neither file nor environment says otherwise.
func Defaults() Settings {
	return Settings{
		DataDir: "data",
		AMI:     AMI{Address: "127.0.0.1:5038", Auth: "md5", Retries: -1, RetryPause: 5 * time.Second, Ping: 10 * time.Second},
		HTTP:    HTTP{Listen: "127.0.0.1:8080"},
		TCP:     TCP{Listen: "127.0.0.1:5090", Idle: 90 * time.Second},
		Agents:  Agents{Grace: 20 * time.Second, SecondSignIn: Replace},
		Originate: Originate{
			PerMinute: 6, PerHour: 60, Timeout: 30 * time.Second, Abroad: Prefixes{"+", "00"},
			Premium: Prefixes{"0900", "0137", "900", "1900", "892", "894", "895", "899"}, // Germany and its neighbours, North America, Italy
		},
		History: History{Keep: 30 * 24 * time.Hour},
		Webhook: Webhook{Timeout: 10 * time.Second},
		SMTP:    SMTP{Port: 587, TLS: StartTLS},
		Log:     Log{Level: "info", Format: "text"},
		Metrics: Metrics{Listen: "127.0.0.1:9090"},
	}
}

// Given says whether the boot file or the environment has set a key ("ami.address"), so
// that nothing else may. A text that is set and empty is not given; a value that is not
// the default is, whoever has set it.
func (s *Settings) Given(key string) bool {
	d := Defaults()
	text := s.text(key)
	return text != "" && (s.given[key] || text != d.text(key))
}

// text is a key's value as it is written; "" for none.
func (s *Settings) text(key string) string {
	for name, value := range s.keys() {
		if name == key {
			return written(value)
		}
	}
	return ""
}

// Published is the folder of published configurations.
func (s *Settings) Published() string {
	if s.PublishDir != "" {
		return s.PublishDir
	}
	return filepath.Join(s.DataDir, "published")
}

// AuditFile is the file of the audit.
func (s *Settings) AuditFile() string {
	if s.Audit.File != "" {
		return s.Audit.File
	}
	return filepath.Join(s.DataDir, "audit.jsonl")
}

// Secret is text that is printed nowhere: not by fmt, not by slog, not as YAML.
type Secret string

const masked = "********"

// String is a mask, or "" for no secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return masked
}

// GoString masks %#v.
func (s Secret) GoString() string { return s.String() }

// LogValue masks slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalYAML masks --print-config.
func (s Secret) MarshalYAML() (any, error) { return s.String(), nil }

// MarshalText masks JSON, and with it a whole Settings in a log.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Reveal is the secret itself, for the one who must send it.
func (s Secret) Reveal() string { return string(s) }
