package config

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/asteriskcti/asteriskcti/backend/locale"
)

// TestCodesHaveTexts: every code of a fault, here and in package pop, has a text in the
// catalogue with no other placeholders than are given to it, and every text has a code.
func TestCodesHaveTexts(t *testing.T) {
	codes := codesIn(t, ".", "flawed")
	for code, pairs := range codesIn(t, filepath.Join("..", "pop"), "refuse") {
		codes[code] = pairs
	}
	for code, pairs := range codes {
		key := "fault." + code
		if !locale.Has(key) {
			t.Errorf("%s: no text", key)
			continue
		}
		for _, m := range placeholder.FindAllStringSubmatch(locale.Fallback.Text(key), -1) {
			if !slices.Contains(pairs, m[1]) {
				t.Errorf("%s: no value for {%s}", key, m[1])
			}
		}
	}
	raw, err := os.ReadFile(filepath.Join("..", "locale", "catalogue", "fault", "en.json"))
	if err != nil {
		t.Fatal(err)
	}
	var texts map[string]string
	if err := json.Unmarshal(raw, &texts); err != nil {
		t.Fatal(err)
	}
	for key := range texts {
		if _, ok := codes[strings.TrimPrefix(key, "fault.")]; !ok {
			t.Errorf("%s: no such code", key)
		}
	}
	if len(codes) < 50 {
		t.Errorf("%d codes found: is the test still looking in the right places?", len(codes))
	}
}

var placeholder = regexp.MustCompile(`\{([a-z]+)\}`)

// codesIn finds the calls of a function whose first argument is a code, then a text, then
// pairs. A code that comes several times has those that each of its calls gives.
func codesIn(t *testing.T, dir, function string) map[string][]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	codes := map[string][]string{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || fmt.Sprint(call.Fun) != function {
				return true
			}
			var literals []string
			for i, arg := range call.Args {
				if literal, ok := arg.(*ast.BasicLit); ok && i != 1 {
					text, err := strconv.Unquote(literal.Value)
					if err == nil && i%2 == 0 {
						literals = append(literals, text)
					}
				} else if i == 0 {
					t.Errorf("%s: a code that is no literal", file)
				}
			}
			code, pairs := literals[0], literals[1:]
			if known, twice := codes[code]; twice {
				pairs = slices.DeleteFunc(slices.Clone(known), func(p string) bool { return !slices.Contains(pairs, p) })
			}
			codes[code] = pairs
			return true
		})
	}
	return codes
}
