// Package frontend carries the built scripts and styles of the pages.
package frontend

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Dist is what the bundler wrote: hashed files, and .vite/manifest.json which maps
// sources to them. It is empty when the pages have not been built.
func Dist() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil { // only an invalid path can fail, and ours is a constant
		panic(err) //nolint:forbidigo // a constant path: nothing a caller could do
	}
	return sub
}
