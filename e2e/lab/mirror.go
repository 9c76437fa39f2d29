package lab

import (
	"bufio"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// MirrorVariable names the environment variable that replaces the mirror found in
// the machine's apt sources.
const MirrorVariable = "ASTCTI_LAB_MIRROR"

// suites are the names under which Debian's releases stand in apt sources. A
// source with another name belongs to somebody else's repository.
var suites = []string{
	"buster", "bullseye", "bookworm", "trixie", "forky", "duke", "sid",
	"oldoldstable", "oldstable", "stable", "testing", "unstable",
}

var errNoMirror = errors.New("no Debian mirror in the apt sources of this machine: set " + MirrorVariable + " to one, for example the URL that apt uses elsewhere")

// mirror is the URL of a Debian archive: the environment's, else the one this
// machine installs from. etc is the machine's /etc/apt.
func mirror(etc string) (string, error) {
	if url := os.Getenv(MirrorVariable); url != "" {
		return strings.TrimRight(url, "/"), nil
	}
	var files []string
	for _, pattern := range []string{"sources.list", "sources.list.d/*.list", "sources.list.d/*.sources"} {
		found, err := filepath.Glob(filepath.Join(etc, pattern))
		if err != nil {
			return "", err
		}
		files = append(files, found...)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		read := oneLine
		if strings.HasSuffix(file, ".sources") {
			read = deb822
		}
		for _, s := range read(string(text)) {
			if s.isDebian() {
				return strings.TrimRight(s.url, "/"), nil
			}
		}
	}
	return "", errNoMirror
}

// source is one archive of apt's: a URL and what is taken from it.
type source struct {
	url                string
	suites, components []string
}

func (s source) isDebian() bool {
	scheme, _, _ := strings.Cut(s.url, "://")
	return slices.Contains([]string{"http", "https"}, scheme) && slices.Contains(s.components, "main") &&
		slices.ContainsFunc(s.suites, func(suite string) bool { return slices.Contains(suites, suite) })
}

// oneLine reads the classic form: deb [options] URL suite component…
func oneLine(text string) (found []source) {
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		kind, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if kind != "deb" {
			continue
		}
		rest = strings.TrimSpace(rest)
		if strings.HasPrefix(rest, "[") {
			_, rest, _ = strings.Cut(rest, "]")
		}
		if f := strings.Fields(rest); len(f) > 2 {
			found = append(found, source{url: f[0], suites: f[1:2], components: f[2:]})
		}
	}
	return found
}

// deb822 reads paragraphs of "Field: value", with continuation lines and comments
// (sources.list(5)).
func deb822(text string) (found []source) {
	fields := map[string]string{}
	last := ""
	end := func() {
		off := strings.EqualFold(fields["enabled"], "no")
		if slices.Contains(strings.Fields(fields["types"]), "deb") && !off {
			for _, url := range strings.Fields(fields["uris"]) {
				found = append(found, source{url, strings.Fields(fields["suites"]), strings.Fields(fields["components"])})
			}
		}
		fields, last = map[string]string{}, ""
	}
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "#"):
		case strings.TrimSpace(line) == "":
			end()
		case line[0] == ' ' || line[0] == '\t':
			fields[last] += " " + line
		default:
			name, value, _ := strings.Cut(line, ":")
			last = strings.ToLower(strings.TrimSpace(name))
			fields[last] = strings.TrimSpace(value)
		}
	}
	end()
	return found
}
