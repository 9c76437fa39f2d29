package transport

import (
	"context"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

var update = flag.Bool("update", false, "write what the server says into the conversations")

// TestUpdateConversations writes the server's part of every conversation anew, as it is
// now. Read the difference before it is committed: it is what clients will see.
func TestUpdateConversations(t *testing.T) {
	if !*update {
		t.Skip("-update is not given")
	}
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, "../../docs/protocol.md") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out := rewritten(t, string(text))
		if door, rest, ok := strings.Cut(string(text), "\n"); ok && strings.HasPrefix(door, "door: ") {
			out = door + "\n" + replay(t, strings.TrimPrefix(door, "door: "), rest, 0)
		}
		if err := os.WriteFile(file, []byte(out), 0o644); err != nil { //nolint:gosec // of the repository
			t.Fatal(err)
		}
	}
}

// rewritten is a document with its conversations replayed.
func rewritten(t *testing.T, text string) string {
	blocks := strings.Split(text, "\n```")
	for i := 1; i < len(blocks); i += 2 {
		door, rest, _ := strings.Cut(blocks[i], "\n")
		if door == "line" || strings.HasPrefix(door, "asteriskcti.") {
			blocks[i] = door + "\n" + strings.TrimSuffix(replay(t, door, rest, 118), "\n")
		}
	}
	return strings.Join(blocks, "\n```")
}

// replay holds a conversation and writes down what the server says. Lines wider than
// width are broken; 0: none is.
func replay(t *testing.T, door, text string, width int) string {
	var out strings.Builder
	synctest.Test(t, func(t *testing.T) {
		stage := newStage(t, door, newPipes(), nil, nil)
		defer stage.close()
		ears := make(map[string]*ear)
		for l := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
			who, said, _ := strings.Cut(l, ": ")
			switch {
			case strings.HasPrefix(l, "   "), strings.HasPrefix(who, "S") && ears[who[1:]] != nil:
				continue // of the server, which is asked anew
			case !strings.HasPrefix(who, "S"):
				out.WriteString(l + "\n")
			}
			switch {
			case strings.HasPrefix(l, "("):
				directions[strings.Trim(l, "()")](stage.house)
				<-time.After(100 * time.Millisecond) // a call's outcome comes a moment later
			case l != "" && !strings.HasPrefix(l, "#"):
				client := stage.client(t, who[1:])
				if ears[who[1:]] == nil {
					ears[who[1:]] = new(ear)
					go ears[who[1:]].listen(client)
				}
				if who[0] == 'C' {
					client.say(t, said)
				}
			}
			synctest.Wait()
			for _, who := range slices.Sorted(maps.Keys(ears)) {
				heard := ears[who].take()
				for i, said := range heard {
					if i+1 < len(heard) && ofQueues(said) && ofQueues(heard[i+1]) {
						continue
					}
					out.WriteString(broken("S"+who+": "+said, width) + "\n")
				}
			}
		}
	})
	return out.String()
}

// ear hears all that the server says to a client.
type ear struct {
	mu    sync.Mutex
	heard []string
}

func (e *ear) listen(client talker) {
	for {
		text, err := client.read(context.Background())
		if err != nil {
			return
		}
		e.mu.Lock()
		e.heard = append(e.heard, originateID.ReplaceAllString(text, "cti-1"))
		e.mu.Unlock()
		if strings.HasPrefix(text, "(closed") {
			return
		}
	}
}

func (e *ear) take() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := e.heard
	e.heard = nil
	return list
}

// broken is a line in several, as conversations are written: where one element follows
// another, or one member of an object.
func broken(line string, width int) string {
	const indent = "   "
	var out strings.Builder
	for width > 0 && len(line) > width {
		at := max(strings.LastIndex(line[:width], "><"), strings.LastIndex(line[:width], `,"`))
		if at < len(indent) { // an element that is wider alone
			if at = strings.Index(line[width:], "><"); at < 0 {
				break
			}
			at += width
		}
		out.WriteString(line[:at+1] + "\n")
		line = indent + line[at+1:]
	}
	return out.String() + line
}
