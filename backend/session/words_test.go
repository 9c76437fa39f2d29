package session

import (
	"encoding/xml"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/schematest"
)

// TestWords: the lists of words in the documents are those of the code.
func TestWords(t *testing.T) {
	server := document(t, "schemas/server.json")
	xsd := xsdWords(t)
	notices, states := words(t, "../pbx", "NoticeID", ""), words(t, "../pbx", "AgentState", "")
	callIDs := slices.DeleteFunc(slices.Clone(notices), func(id string) bool {
		return slices.Contains([]pbx.NoticeID{pbx.NoticeAgentState, pbx.NoticeQueues, pbx.NoticeOriginate, pbx.NoticeNote, pbx.NoticeLinkState}, pbx.NoticeID(id))
	})
	var channels []string
	for s := pbx.Down; ; s++ {
		channels = append(channels, s.String())
		if s.String() == "Unknown" {
			break
		}
	}
	refusals := slices.Concat(words(t, ".", "", "refused"), literals(t, "commands.go", "denied"), literals(t, "../dial/dial.go", "NoService"), literals(t, "../control/control.go", "UnknownCall"))
	codes := slices.DeleteFunc(words(t, ".", "", "Code"), func(code string) bool { return code == CodeLost })
	for _, c := range []struct {
		pointer, simpleType string // "" for none
		want                []string
	}{
		{"event/properties/event", "", callIDs},
		{"", "eventID", notices},
		{"agentState", "agentState", states},
		{"call/properties/state", "channelState", channels},
		{"call/properties/phase", "", slices.DeleteFunc(words(t, "../pbx", "Phase", ""), func(phase string) bool {
			return phase == string(pbx.PhaseDialplan) || phase == string(pbx.PhaseWaiting) // of a floor: no agent sees them
		})},
		{"call/properties/direction", "direction", words(t, "../pbx", "Direction", "")},
		{"call/properties/consult/properties/phase", "consultPhase", []string{string(pbx.PhaseDialing), string(pbx.PhaseRinging), string(pbx.PhaseTalking)}},
		{"transfer/properties/kind", "transferKind", words(t, "../pbx", "TransferKind", "")},
		{"linkToAsterisk/properties/state", "linkState", words(t, "../pbx", "LinkState", "")},
		{"service/properties/trigger", "trigger", []string{config.Browser, config.Application}},
		{"service/properties/direction", "", []string{config.Inbound, config.Outbound}},
		{"target", "target", []string{config.Window, config.Pane, config.Tab, config.Button}},
		{"bye/properties/code", "end", codes},
		{"reply/properties/code", "refusal", refusals},
		{"originate/properties/originate/properties/reason", "originateReason", append(literals(t, "../dial/outcome.go", "words"), "")},
		{"duty/properties/state", "dutyState", []string{string(pbx.AgentAvailable), string(pbx.AgentPaused), string(pbx.AgentAfterCall), string(pbx.AgentLost)}},
		{"", "commandName", slices.Collect(maps.Keys(commands))},
	} {
		if c.pointer != "" {
			equalWords(t, "server.json "+c.pointer, texts(schematest.Pointer(server, "/$defs/"+c.pointer+"/enum")), c.want)
		}
		if c.simpleType != "" {
			equalWords(t, "events.xsd "+c.simpleType, xsd[c.simpleType], c.want)
		}
	}
}

func equalWords(t *testing.T, what string, got, want []string) {
	t.Helper()
	got, want = slices.Sorted(slices.Values(got)), slices.Compact(slices.Sorted(slices.Values(want)))
	if len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("%s: the document has\n%q, the code\n%q", what, got, want)
	}
}

// texts are the strings of a JSON array.
func texts(array any) (all []string) {
	items, _ := array.([]any)
	for _, v := range items {
		all = append(all, fmt.Sprint(v))
	}
	return all
}

// words are the constants that a room declares with a type or a prefix of their name.
func words(t testing.TB, room, typ, prefix string) (all []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(room, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			text, isText := spec.Values[0].(*ast.BasicLit)
			of, _ := spec.Type.(*ast.Ident)
			if !isText || text.Kind != token.STRING || typ != "" && (of == nil || of.Name != typ) {
				return true
			}
			if name := spec.Names[0].Name; prefix == "" || strings.HasPrefix(name, prefix) && name != prefix {
				word, _ := strconv.Unquote(text.Value)
				all = append(all, word)
			}
			return true
		})
	}
	return all
}

var word = regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)

// literals are the words, as programs read them, in the declaration of name.
func literals(t *testing.T, file, name string) (all []string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, decl := range f.Decls {
		declares := false
		ast.Inspect(decl, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				declares = n.Name.Name == name
			case *ast.ValueSpec:
				declares = declares || n.Names[0].Name == name
			case *ast.BasicLit:
				if text, _ := strconv.Unquote(n.Value); declares && n.Kind == token.STRING && word.MatchString(text) {
					all = append(all, text)
				}
			}
			return true
		})
	}
	return all
}

// schemaXSD is docs/events.xsd, as far as the tests ask.
type schemaXSD struct {
	Elements []struct {
		Name string `xml:"name,attr"`
	} `xml:"element"`
	Types []struct {
		Name  string `xml:"name,attr"`
		Words []struct {
			Value string `xml:"value,attr"`
		} `xml:"restriction>enumeration"`
	} `xml:"simpleType"`
}

func xsd(t *testing.T) (s schemaXSD) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(docs, "events.xsd"))
	if err == nil {
		err = xml.Unmarshal(text, &s)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// xsdWords are the lists of docs/events.xsd.
func xsdWords(t *testing.T) map[string][]string {
	t.Helper()
	all := make(map[string][]string)
	for _, s := range xsd(t).Types {
		for _, w := range s.Words {
			all[s.Name] = append(all[s.Name], w.Value)
		}
	}
	return all
}
