package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
)

const (
	assetsAt     = "/assets/"
	manifestFile = ".vite/manifest.json"
	// cacheForEver is for names that hold a hash of what they name.
	cacheForEver = "public, max-age=31536000, immutable"
	// cacheAsked is for names that stay when the content changes: ask each time.
	cacheAsked = "public, no-cache"

	// What the bundler starts from, by which its manifest names what it made.
	agentSource  = "frontend/agent/main.tsx"
	recordSource = "frontend/styles/customer.css"
)

// types are what the bundler writes. A file of another kind is not served, so that
// what a browser makes of it never depends on the tables of the machine.
var types = map[string]string{
	".css":         "text/css; charset=utf-8",
	".js":          "text/javascript; charset=utf-8",
	".json":        "application/json; charset=utf-8",
	".png":         "image/png",
	".svg":         "image/svg+xml",
	".txt":         "text/plain; charset=utf-8",
	".webmanifest": "application/manifest+json; charset=utf-8",
	".webp":        "image/webp",
	".woff2":       "font/woff2",
}

// assets is the bundler's folder, read once into memory: some hundred kilobytes
// that are in the program anyway.
type assets struct {
	files   map[string]*asset // by path below /assets/
	entries map[string]entry  // by source, "frontend/agent/main.tsx"
}

type asset struct {
	body, packed []byte // packed: gzip, nil where it saves nothing
	kind, cache  string
	tag          string // of the body; the packed one's ends in -gz
}

// entry is what the bundler's manifest tells about one file.
type entry struct {
	File    string   `json:"file"`
	IsEntry bool     `json:"isEntry"`
	CSS     []string `json:"css"`
	Imports []string `json:"imports"`
	Assets  []string `json:"assets"`
}

// readAssets reads the folder. Without a manifest it is as if nothing were built.
func readAssets(dist fs.FS) (*assets, error) {
	a := &assets{files: map[string]*asset{}, entries: map[string]entry{}}
	raw, err := fs.ReadFile(dist, manifestFile)
	if errors.Is(err, fs.ErrNotExist) {
		return a, nil
	}
	if err != nil {
		return nil, fmt.Errorf("pages' manifest: %w", err)
	}
	hashed, err := a.readManifest(raw)
	if err != nil {
		return nil, err
	}
	err = fs.WalkDir(dist, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		kind, known := types[path.Ext(name)]
		if hidden := strings.HasPrefix(path.Base(name), ".") && name != "."; hidden && d.IsDir() {
			return fs.SkipDir
		} else if hidden || d.IsDir() || !known {
			return nil
		}
		body, err := fs.ReadFile(dist, name)
		if err != nil {
			return err
		}
		a.files[name] = newAsset(body, kind, hashed[name])
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("pages: %w", err)
	}
	return a, nil
}

// readManifest fills the entries, each with the styles of what it imports, and
// returns the names that hold a hash.
func (a *assets) readManifest(raw []byte) (hashed map[string]bool, err error) {
	var m map[string]entry
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, fmt.Errorf("pages' manifest: %w", err)
	}
	hashed = map[string]bool{}
	for source, e := range m {
		for _, f := range slices.Concat([]string{e.File}, e.CSS, e.Assets) {
			hashed[f] = true
		}
		if e.IsEntry {
			e.CSS = styles(m, e, map[string]bool{})
			a.entries[source] = e
		}
	}
	return hashed, nil
}

// styles lists the style sheets of an entry in the order in which they apply: what
// it imports first.
func styles(m map[string]entry, e entry, seen map[string]bool) []string {
	var list []string
	for _, key := range e.Imports {
		if !seen[key] {
			seen[key] = true
			list = append(list, styles(m, m[key], seen)...)
		}
	}
	for _, f := range e.CSS {
		if !slices.Contains(list, f) {
			list = append(list, f)
		}
	}
	return list
}

func newAsset(body []byte, kind string, hashed bool) *asset {
	sum := sha256.Sum256(body)
	f := &asset{body: body, kind: kind, cache: cacheAsked, tag: base64.RawURLEncoding.EncodeToString(sum[:12])}
	if hashed {
		f.cache = cacheForEver
	}
	if strings.HasPrefix(kind, "text/") || strings.HasPrefix(kind, "application/") || strings.HasPrefix(kind, "image/svg") {
		var b bytes.Buffer
		z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is a constant that exists
		_, err := z.Write(body)
		if errors.Join(err, z.Close()) == nil && b.Len() < len(body)*9/10 {
			f.packed = b.Bytes()
		}
	}
	return f
}

// style lists the addresses of an entry's style sheets; an entry may itself be one.
func (a *assets) style(source string) []string {
	e, ok := a.entries[source]
	if !ok {
		return nil
	}
	var list []string
	if path.Ext(e.File) == ".css" {
		list = append(list, assetsAt+e.File)
	}
	for _, f := range e.CSS {
		list = append(list, assetsAt+f)
	}
	return list
}

// script is the address of an entry's module, "" when it has none.
func (a *assets) script(source string) string {
	if e, ok := a.entries[source]; ok && path.Ext(e.File) == ".js" {
		return assetsAt + e.File
	}
	return ""
}

// fixed is the address of a file whose name has no hash, "" when it is not there.
func (a *assets) fixed(name string) string {
	if _, ok := a.files[name]; !ok {
		return ""
	}
	return assetsAt + name
}

// serveAsset is GET /assets/*. There are no listings: what is not a file is not here.
func (s *Server) serveAsset(c *fiber.Ctx) error {
	r := origin(c)
	f, ok := s.assets.files[strings.TrimPrefix(r.URL.Path, assetsAt)]
	if !ok {
		return fiber.ErrNotFound
	}
	body, tag := f.body, `"`+f.tag+`"`
	if f.packed != nil {
		c.Set("Vary", "Accept-Encoding")
		if acceptsGzip(r) {
			body, tag = f.packed, `"`+f.tag+`-gz"`
			c.Set("Content-Encoding", "gzip")
		}
	}
	c.Set("Cache-Control", f.cache)
	c.Set("ETag", tag)
	if matches(r.Header.Get("If-None-Match"), f.tag) {
		c.Response().Header.Del("Content-Encoding")
		return c.Status(http.StatusNotModified).Send(nil)
	}
	c.Set("Content-Type", f.kind)
	c.Response().SetBodyRaw(body)
	return nil
}

// matches reads If-None-Match (RFC 9110 § 13.1.2). Either form of a file will do:
// the browser has the same content.
func matches(header, tag string) bool {
	for item := range strings.SplitSeq(header, ",") {
		item = strings.Trim(strings.TrimPrefix(strings.TrimSpace(item), "W/"), `"`)
		if item == "*" || strings.TrimSuffix(item, "-gz") == tag {
			return true
		}
	}
	return false
}

func acceptsGzip(r *http.Request) bool {
	for _, h := range r.Header.Values("Accept-Encoding") {
		for item := range strings.SplitSeq(h, ",") {
			name, weight, _ := strings.Cut(item, ";")
			if strings.EqualFold(strings.TrimSpace(name), "gzip") {
				w := strings.ReplaceAll(weight, " ", "")
				return w != "q=0" && !strings.HasPrefix(w, "q=0.0") || strings.Trim(w, "q=0.") != ""
			}
		}
	}
	return false
}
