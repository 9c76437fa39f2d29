// Package migrations embeds the schema of each database, one numbered file of SQL
// per step, for goose. A step that was released is never changed: the next one is
// added.
package migrations

import (
	"embed"
	"io/fs"
)

//go:embed working/*.sql state/*.sql managers/*.sql history/*.sql
var files embed.FS

// Working is the database that is edited: services, seats, operators.
func Working() fs.FS { return sub("working") }

// State is what the server remembers over a restart, and no configuration.
func State() fs.FS { return sub("state") }

// Managers is who may use the configurator.
func Managers() fs.FS { return sub("managers") }

// History is agents' calls that are over.
func History() fs.FS { return sub("history") }

func sub(dir string) fs.FS {
	f, err := fs.Sub(files, dir)
	if err != nil { // only an invalid path, and these are constant
		return embed.FS{}
	}
	return f
}
