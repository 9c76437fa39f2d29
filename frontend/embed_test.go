package frontend

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io/fs"
	"strings"
	"testing"
)

// TestPanelIsSmall: an agent's first load of the panel, scripts and styles with the largest
// language, is below 60 kB as it travels.
func TestPanelIsSmall(t *testing.T) {
	const limit, panel = 60_000, "frontend/agent/main.tsx"
	raw, err := fs.ReadFile(Dist(), ".vite/manifest.json")
	if err != nil {
		t.Skip("the pages are not built: ", err)
	}
	type chunk struct {
		File           string   `json:"file"`
		CSS            []string `json:"css"`
		Imports        []string `json:"imports"`
		DynamicImports []string `json:"dynamicImports"`
	}
	var chunks map[string]chunk
	if err := json.Unmarshal(raw, &chunks); err != nil {
		t.Fatal(err)
	}
	first, seen := 0, map[string]bool{}
	var load func(key string)
	load = func(key string) {
		if seen[key] {
			return
		}
		seen[key] = true
		c := chunks[key]
		for _, name := range append([]string{c.File}, c.CSS...) {
			first += packed(t, name)
		}
		for _, other := range c.Imports {
			load(other)
		}
	}
	load(panel)
	// What few agents see: the demo's strip, and a window that is opened by hand.
	few := map[string]bool{"frontend/agent/ui/DemoStrip.tsx": true, "frontend/agent/ui/Mini.tsx": true}
	language := 0
	for _, key := range chunks[panel].DynamicImports {
		if few[key] {
			continue
		}
		if !strings.HasPrefix(key, "frontend/agent/locales/") {
			t.Errorf("%s is loaded later: count it, or say here why not", key)
		}
		language = max(language, packed(t, chunks[key].File))
	}
	t.Logf("%d bytes at once, %d for the language: %d %% of %d", first, language, (first+language)*100/limit, limit)
	if language == 0 || first+language > limit {
		t.Errorf("the panel has %d bytes, %d of them the language; at most %d", first+language, language, limit)
	}
}

// packed is the length of a file as it is sent, 0 for none.
func packed(t *testing.T, name string) int {
	t.Helper()
	body, err := fs.ReadFile(Dist(), name)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is a constant that exists
	if _, err := z.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Len()
}
