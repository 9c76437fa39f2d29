package session

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/asteriskcti/asteriskcti/backend/schematest"
)

// TestAsyncAPI: docs/asyncapi.yaml is an AsyncAPI document, and all it refers to exists.
func TestAsyncAPI(t *testing.T) {
	const metaschema = "../../node_modules/@asyncapi/specs/schemas/3.0.0.json"
	schema, err := schematest.ReadJSON(metaschema)
	if err != nil {
		t.Fatalf("run make install: %v", err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("mem:///asyncapi.json", schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("mem:///asyncapi.json")
	if err != nil {
		t.Fatal(err)
	}
	doc := document(t, "asyncapi.yaml")
	if err := compiled.Validate(doc); err != nil {
		t.Error(err)
	}
	references(doc, func(ref string) {
		file, pointer, _ := strings.Cut(ref, "#")
		target := doc
		if file != "" {
			target = document(t, path.Clean(file))
		}
		if schematest.Pointer(target, pointer) == nil {
			t.Errorf("%s leads nowhere", ref)
		}
	})
}

// references calls f with every $ref in v.
func references(v any, f func(ref string)) {
	switch v := v.(type) {
	case map[string]any:
		if ref, ok := v["$ref"].(string); ok {
			f(ref)
		}
		for _, sub := range v {
			references(sub, f)
		}
	case []any:
		for _, sub := range v {
			references(sub, f)
		}
	}
}

// TestAsyncAPIMessages: its messages are what the server and its clients say, no more
// and no less, and each of them is said in an operation.
func TestAsyncAPIMessages(t *testing.T) {
	doc := document(t, "asyncapi.yaml")
	var payloads []string
	references(schematest.Pointer(doc, "/channels/json"), func(ref string) {
		if file, pointer, _ := strings.Cut(ref, "#"); file != "" {
			payloads = append(payloads, path.Base(file)+" "+path.Base(pointer))
		}
	})
	equalWords(t, "messages in JSON", payloads, append(prefixed("server.json ", oneOf(t, "schemas/server.json")), prefixed("commands.json ", oneOf(t, "schemas/commands.json"))...))
	var frames []string
	for _, frame := range samples(t, words(t, "../pbx", "NoticeID", ""), "x") {
		var f struct{ Type string }
		if json.Unmarshal([]byte(frame), &f) == nil && !slices.Contains(frames, f.Type) {
			frames = append(frames, f.Type)
		}
	}
	equalWords(t, "frames in server.json", oneOf(t, "schemas/server.json"), frames)
	equalWords(t, "commands in commands.json", oneOf(t, "schemas/commands.json"), slices.Collect(maps.Keys(commands)))

	var elements, roots []string
	messages, _ := schematest.Pointer(doc, "/channels/xml/messages").(map[string]any)
	for _, m := range messages {
		elements = append(elements, fmt.Sprint(m.(map[string]any)["x-element"]))
	}
	for _, e := range xsd(t).Elements {
		roots = append(roots, e.Name)
	}
	equalWords(t, "messages in XML", elements, roots)

	var said, all []string
	references(schematest.Pointer(doc, "/operations"), func(ref string) {
		if strings.Contains(ref, "/messages/") {
			said = append(said, ref)
		}
	})
	channels, _ := schematest.Pointer(doc, "/channels").(map[string]any)
	for name, channel := range channels {
		for m := range channel.(map[string]any)["messages"].(map[string]any) {
			all = append(all, "#/channels/"+name+"/messages/"+m)
		}
	}
	equalWords(t, "messages of the operations", said, all)
}

// oneOf names what the oneOf of a JSON Schema refers to.
func oneOf(t *testing.T, file string) (all []string) {
	t.Helper()
	list, _ := document(t, file).(map[string]any)["oneOf"].([]any)
	for _, branch := range list {
		references(branch, func(ref string) { all = append(all, path.Base(ref)) })
	}
	return all
}

func prefixed(prefix string, all []string) []string {
	out := make([]string, len(all))
	for i := range all {
		out[i] = prefix + all[i]
	}
	return out
}

// TestAsyncAPILineCommands: the commands of the line protocol are those of the server.
func TestAsyncAPILineCommands(t *testing.T) {
	var documented []string
	list, _ := schematest.Pointer(document(t, "asyncapi.yaml"), "/channels/line/messages/command/payload/oneOf").([]any)
	for _, branch := range list {
		pattern := fmt.Sprint(branch.(map[string]any)["pattern"])
		documented = append(documented, regexp.MustCompile(`^\^([A-Z]+)`).FindStringSubmatch(pattern)[1])
	}
	equalWords(t, "commands of the line protocol", documented, slices.Collect(maps.Keys(lineCommands)))
}

// TestDocumentedCommands: the server takes every command as the documents have it, in
// JSON and in XML, and the documents have none that it does not take.
func TestDocumentedCommands(t *testing.T) {
	defs := document(t, "schemas/commands.json").(map[string]any)["$defs"].(map[string]any)
	d := documents(t, true)
	for name := range commands {
		examples := examplesOf(t, defs[name])
		if len(examples) == 0 {
			t.Errorf("%s has no examples in commands.json", name)
		}
		for _, example := range examples {
			for enc, text := range []string{JSON: example, XML: asCommandXML(t, example)} {
				if fault := check(t, d, schematest.Client, text)[0]; fault != nil {
					t.Errorf("%s: %v", text, fault)
				}
				if code := askedFor(t, Encoding(enc), text); code == refusedMalformed || code == refusedUnknown {
					t.Errorf("%s: %s", text, code)
				}
			}
		}
	}
	for _, text := range []string{
		`{"id":"1","command":"fly"}`, `{"id":"1"}`, `{"command":"ping"}`, `{"id":"","command":"ping"}`, `{"id":1,"command":"ping"}`, `[]`,
		`{"id":"` + strings.Repeat("i", 65) + `","command":"ping"}`, `<command id="1" name="fly"/>`, `<command id="1"/>`, `<command name="ping"/>`,
		`<ping id="1"/>`, `<command id="" name="ping"/>`,
	} {
		enc := JSON
		if text[0] == '<' {
			enc = XML
		}
		if fault := check(t, d, schematest.Client, text)[0]; fault == nil {
			t.Errorf("documented: %s", text)
		}
		if code := askedFor(t, enc, text); code != refusedMalformed && code != refusedUnknown {
			t.Errorf("%s: %q", text, code)
		}
	}
}

// askedFor is the code with which the server answers a command.
func askedFor(t *testing.T, enc Encoding, text string) (code string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, Options{})
		page := r.page(r.signIn("ada", mac1), enc)
		synctest.Wait()
		page.said()
		page.in <- text
		synctest.Wait()
		said := page.said()
		if len(said) == 0 {
			t.Fatalf("%s: no reply", text)
		}
		if m := regexp.MustCompile(`"?code"?[:=]"([^"]*)"`).FindStringSubmatch(said[0]); m != nil {
			code = m[1]
		}
	})
	return code
}

// examplesOf are the examples of a definition, as JSON.
func examplesOf(t *testing.T, def any) (all []string) {
	t.Helper()
	list, _ := def.(map[string]any)["examples"].([]any)
	for _, example := range list {
		text, err := json.Marshal(example)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(text))
	}
	return all
}

// asCommandXML writes a command of JSON in XML: members become attributes in lower case,
// and the command's word is its name.
func asCommandXML(t *testing.T, example string) string {
	t.Helper()
	var members map[string]any
	if err := json.Unmarshal([]byte(example), &members); err != nil {
		t.Fatal(err)
	}
	text, inside := []byte("<command"), ""
	for _, name := range slices.Sorted(maps.Keys(members)) {
		attribute := strings.ToLower(name)
		if name == "command" {
			attribute = "name"
		}
		if of, is := members[name].(map[string]any); is {
			child := []byte("<" + attribute)
			for _, member := range slices.Sorted(maps.Keys(of)) {
				child = appendAttribute(child, member, fmt.Sprint(of[member]))
			}
			inside += string(child) + "/>"
			continue
		}
		text = appendAttribute(text, attribute, fmt.Sprint(members[name]))
	}
	return string(text) + ">" + inside + "</command>"
}
