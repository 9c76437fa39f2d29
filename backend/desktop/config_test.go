package desktop

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/zalando/go-keyring"
)

func write(t *testing.T, name, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLoadConfig(t *testing.T) {
	crm := root("/opt/crm")
	good := "server: cti.example.com\ntls: true\nuser: ada\nseat: 00:11:22:33:44:55\nkeyring: true\nprograms:\n  crm: ['" + crm + "', --id, '{1}']\n"
	want := Config{Server: "cti.example.com", TLS: true, User: "ada", Seat: "00:11:22:33:44:55", Keyring: true, Programs: map[string]Template{"crm": {crm, "--id", "{1}"}}}
	if got, err := LoadConfig(write(t, "c.yaml", good, 0o644), true); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := LoadConfig(write(t, "c.yaml", "", 0o600), true); err != nil || !reflect.DeepEqual(got, Config{}) {
		t.Errorf("empty: %+v, %v", got, err)
	}
	if got, err := LoadConfig(write(t, "c.yaml", "\ufeffuser: ada\n", 0o600), true); err != nil || got.User != "ada" {
		t.Errorf("with the mark of Windows editors: %+v, %v", got, err)
	}
	missing := filepath.Join(t.TempDir(), "none")
	if _, err := LoadConfig(missing, false); err != nil {
		t.Error(err)
	}
	for _, c := range []struct {
		path string
		want string
	}{
		{missing, "none"},
		{t.TempDir(), "is a folder"},
		{write(t, "c.yaml", "sever: x\n", 0o600), "sever"},
		{write(t, "c.yaml", "password: x\n", 0o600), "password"},
		{write(t, "c.yaml", "programs: {crm: [crm.exe]}\n", 0o600), "absolute path"},
		{write(t, "c.yaml", strings.Repeat("#", maxConfig+1), 0o600), "longer"},
	} {
		if _, err := LoadConfig(c.path, true); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.path) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

// TestOthers: a list of programs that others can write, and a password that they can
// read, are refused.
func TestOthers(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows protects files by their folder")
	}
	for _, mode := range []os.FileMode{0o620, 0o602, 0o666} {
		if _, err := LoadConfig(write(t, "c.yaml", "", mode), true); err == nil || !strings.Contains(err.Error(), "chmod go-w") {
			t.Errorf("%o: %v", mode, err)
		}
	}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o660} {
		if _, err := PasswordFile(write(t, "p", "difference", mode)); err == nil || !strings.Contains(err.Error(), "chmod go-rwx") {
			t.Errorf("%o: %v", mode, err)
		}
	}
}

// TestOwner: who owns a file can change it whatever its permissions are.
func TestOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	path := write(t, "c.yaml", "", 0o600)
	if err := os.Chown(path, 12345, -1); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadConfig(path, true); err == nil || !strings.Contains(err.Error(), "another user") {
		t.Error(err)
	}
}

func TestPassword(t *testing.T) {
	const difference = "95456e7506a8c9c04e3bdffd78da1cae" // as in docs/protocol.md
	for _, text := range []string{"difference", "difference\n", "difference\r\nmore", "\ufeffdifference"} {
		if got, err := PasswordFile(write(t, "p", text, 0o600)); err != nil || got != difference {
			t.Errorf("%q: %s, %v", text, got, err)
		}
	}
	for _, bad := range []string{"\nx", "\xff\xfex\x00\r\x00\n\x00"} {
		if _, err := PasswordFile(write(t, "p", bad, 0o600)); err == nil {
			t.Errorf("%q passed", bad)
		}
	}
	if MD5Hex("e\u0301") != MD5Hex("\u00e9") {
		t.Error("the same letter, written otherwise, is another password")
	}
	keyring.MockInit()
	if _, err := Kept("ada", "x:1"); !errors.Is(err, ErrNotKept) {
		t.Error(err)
	}
	if err := Keep("ada", "x:1", difference); err != nil {
		t.Error(err)
	}
	if got, err := Kept("ada", "x:1"); err != nil || got != difference {
		t.Error(got, err)
	}
	if _, err := Kept("ada", "y:1"); !errors.Is(err, ErrNotKept) {
		t.Errorf("another server was given it: %v", err)
	}
	if err := Forget("ada", "x:1"); err != nil {
		t.Error(err)
	}
	if err := Forget("ada", "x:1"); !errors.Is(err, ErrNotKept) {
		t.Error(err)
	}
}

func TestAddress(t *testing.T) {
	for _, c := range []struct {
		conf Config
		want string
	}{
		{Config{Server: "cti.example.com"}, "cti.example.com:5090"},
		{Config{Server: "cti.example.com", TLS: true}, "cti.example.com:5091"},
		{Config{Server: "cti.example.com", TLSCA: "x"}, "cti.example.com:5091"},
		{Config{Server: "cti.example.com:99", TLS: true}, "cti.example.com:99"},
		{Config{Server: "2001:db8::1"}, "[2001:db8::1]:5090"},
		{Config{Server: "[2001:db8::1]"}, "[2001:db8::1]:5090"},
		{Config{Server: "cti.example.com:cti"}, ""},
		{Config{Server: "cti.example.com:"}, ""},
		{Config{Server: "cti.example.com:65536"}, ""},
		{Config{}, ""},
	} {
		if got, err := c.conf.Address(); got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%+v: %q, %v", c.conf, got, err)
		}
	}
}

func TestSeats(t *testing.T) {
	card := func(name, mac string, flags net.Flags) net.Interface {
		a, err := net.ParseMAC(mac)
		if err != nil {
			t.Fatal(err)
		}
		return net.Interface{Name: name, HardwareAddr: a, Flags: flags}
	}
	lo, bridge := net.Interface{Name: "lo", Flags: net.FlagLoopback}, card("docker0", "02:42:00:00:00:01", net.FlagUp)
	eth, wlan := card("eth0", "00:11:22:33:44:55", net.FlagUp), card("wlan0", "00:11:22:33:44:66", 0)
	for _, c := range []struct {
		cards []net.Interface
		want  []Seat
	}{
		{nil, nil},
		{[]net.Interface{lo, bridge, eth}, []Seat{{"00:11:22:33:44:55", "eth0"}}},
		{[]net.Interface{eth, wlan}, []Seat{{"00:11:22:33:44:55", "eth0"}, {"00:11:22:33:44:66", "wlan0"}}},
		{[]net.Interface{lo, bridge}, []Seat{{"02:42:00:00:00:01", "docker0"}}},
		{[]net.Interface{card("none", "00:00:00:00:00:00", 0), card("ib0", "00:11:22:33:44:55:66:77", 0), card("tun0", "00:11:22:33:44:77", net.FlagPointToPoint)}, nil},
	} {
		if got := seatsOf(c.cards); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%+v, want %+v", got, c.want)
		}
	}
}
