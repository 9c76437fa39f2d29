// Package locale holds the words that the server itself shows to people: error
// pages, the answers of the HTTP API, the page of a browser without scripts. The
// agent panel carries its own words.
//
// The catalogue of a language is flat: a key and one text. It lies in parts, a folder
// for each part of the program, catalogue/pages/en.json and its siblings. A text may
// hold placeholders such as {seconds}, filled by [Language.Text].
package locale

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

//go:embed catalogue/*/*.json
var files embed.FS

// Fallback is the language of a reader whose own is not offered, and the one that
// lends a text to a catalogue without it.
const Fallback Language = "en"

// A Language is one of [Languages]: a primary language subtag of BCP 47, ready for
// the lang attribute of a page. Its zero value reads as [Fallback].
type Language string

var languages = []Language{"en", "it", "fr", "de", "es"}

// Languages lists what is offered, [Fallback] first (row G8).
func Languages() []Language { return slices.Clone(languages) }

var catalogues = load()

func load() map[Language]map[string]string {
	all := make(map[Language]map[string]string, len(languages))
	for _, l := range languages {
		texts := map[string]string{} // the parts are read into it, one after the other
		parts, err := fs.Glob(files, "catalogue/*/"+string(l)+".json")
		for _, name := range parts {
			var raw []byte
			if raw, err = files.ReadFile(name); err == nil {
				err = json.Unmarshal(raw, &texts)
			}
			if err != nil {
				break
			}
		}
		all[l] = texts
		if err != nil {
			panic(fmt.Sprintf("locale: %s: %v", l, err)) //nolint:forbidigo // embedded when the program was built; a test reads every one
		}
	}
	return all
}

// Text is the text of a key in this language, else in [Fallback], else the key
// itself, so that a slip shows and nothing breaks. The pairs are placeholders and
// their values: Text("throttled", "seconds", "30"). A value is put in as it is: who
// writes it into a page escapes it. Any goroutine may call.
func (l Language) Text(key string, pairs ...string) string {
	text, ok := catalogues[l][key]
	if !ok {
		if text, ok = catalogues[Fallback][key]; !ok {
			return key
		}
	}
	if len(pairs) < 2 {
		return text
	}
	marks := make([]string, 0, len(pairs))
	for i := 0; i+1 < len(pairs); i += 2 {
		marks = append(marks, "{"+pairs[i]+"}", pairs[i+1])
	}
	// One pass over the text: a value that looks like a placeholder stays what it is.
	return strings.NewReplacer(marks...).Replace(text)
}

// Has tells whether a key has a text. Tests ask it for every key in use.
func Has(key string) bool {
	_, ok := catalogues[Fallback][key]
	return ok
}

// Keys lists every key of the [Fallback] catalogue, sorted.
func Keys() []string {
	keys := make([]string, 0, len(catalogues[Fallback]))
	for k := range catalogues[Fallback] {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
