// Command popbench says how long a pop takes: from the moment at which Asterisk's
// events of an answer are sent until the browser asks for the customer's page, with
// one clock for both. Asterisk is simulated, the server and the browser are real;
// e2e/latency.spec.ts is the browser. Beside it is the floor: a page with a bare
// WebSocket that shows whatever address it is told.
//
// It prints one line of JSON with its addresses, takes orders by POST, and ends when
// its standard input does:
//
//	/ring    a call rings at the agent's telephone
//	/answer  it is answered, and hung up once the page was asked for; → {"ms": …}
//	/bare    the bare page is told an address; → {"ms": …}
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/coder/websocket"

	"github.com/asteriskcti/asteriskcti/backend/ami/amitest"
	"github.com/asteriskcti/asteriskcti/e2e/astcti"
	"github.com/asteriskcti/asteriskcti/e2e/lab"
	"github.com/asteriskcti/asteriskcti/e2e/site"
)

// patience is how long anything may take.
const patience = 20 * time.Second

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	go func() { // whoever started us is gone when our input ends
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "popbench:", err)
		os.Exit(1)
	}
}

// bench is what runs.
type bench struct {
	pbx     *amitest.Server
	call    *amitest.Live
	page    string         // the customer's
	asked   chan time.Time // for the customer's page
	told    chan string    // to the bare page
	written chan time.Time // when that was done
}

func run(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "asteriskcti-popbench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	b := &bench{asked: make(chan time.Time, 1), told: make(chan string), written: make(chan time.Time, 1)}
	if b.pbx, err = amitest.Listen(amitest.Options{Clock: amitest.RealTime(0.05)}); err != nil {
		return err
	}
	defer b.pbx.Close()
	phone := site.Ada.Phone()
	b.pbx.AddPhone(amitest.Phone{Extension: phone, Name: site.Ada.FullName, Does: amitest.Ignore})
	b.pbx.AddQueue(amitest.Queue{Name: lab.Queue})
	b.pbx.AddService(amitest.Service{Number: "101", Context: lab.ServiceContext, Digits: 5, Phones: []string{phone}, RingFor: time.Hour})

	at, err := serve(ctx, b.pages())
	if err != nil {
		return err
	}
	b.page = "http://" + at + "/customer"
	server, err := astcti.Start(ctx, astcti.Options{
		Dir: dir, AMI: b.pbx.Addr(), User: amitest.DefaultUser.Name, Secret: amitest.DefaultUser.Secret,
		XML: site.Site{Customer: b.page, Target: "pane", Agents: []site.Agent{site.Ada}}.XML(),
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	if err := server.Ready(ctx); err != nil {
		return err
	}
	line := map[string]any{"panel": server.HTTP, "bare": "http://" + at + "/", "agent": site.Ada}
	if err := json.NewEncoder(os.Stdout).Encode(line); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

func (b *bench) pages() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /customer", func(w http.ResponseWriter, _ *http.Request) {
		now := time.Now()
		select {
		case b.asked <- now:
		default: // asked for twice: the first counts
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, "<!doctype html><title>Customer</title><h1>Customer</h1>") // nobody to tell
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, bare)
	})
	mux.HandleFunc("GET /push", b.push)
	mux.HandleFunc("POST /ring", order(b.ring))
	mux.HandleFunc("POST /answer", order(b.answer))
	mux.HandleFunc("POST /bare", order(b.bare))
	return mux
}

// bare is the page of the floor.
const bare = `<!doctype html>
<title>Bare</title>
<link rel="icon" href="data:,">
<iframe width="900" height="600"></iframe>
<script>
const frame = document.querySelector('iframe');
new WebSocket('ws://' + location.host + '/push').onmessage = ({ data }) => { frame.src = data; };
</script>
`

func (b *bench) push(w http.ResponseWriter, r *http.Request) {
	ws, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer func() { _ = ws.CloseNow() }() // the page is gone, or we are
	ctx := ws.CloseRead(r.Context())
	for {
		select {
		case address := <-b.told:
			b.written <- time.Now()
			if ws.Write(ctx, websocket.MessageText, []byte(address)) != nil {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

func (b *bench) ring(context.Context) (any, error) {
	b.call = b.pbx.Call(amitest.Call{From: "300", Name: "Camille Durand", To: "101", Digits: "12345"})
	return struct{}{}, nil
}

func (b *bench) answer(ctx context.Context) (any, error) {
	b.forget()
	sent := time.Now()
	if !b.call.Answer(site.Ada.Phone()) {
		return nil, errors.New("the telephone does not ring")
	}
	took, err := b.since(ctx, sent)
	b.call.Hangup(amitest.Caller)
	return took, err
}

func (b *bench) bare(ctx context.Context) (any, error) {
	b.forget()
	select {
	case b.told <- b.page + "?number=300&id=12345":
	case <-ctx.Done():
		return nil, errors.New("no bare page")
	}
	return b.since(ctx, <-b.written)
}

// forget forgets a page that was asked for outside a measurement.
func (b *bench) forget() {
	select {
	case <-b.asked:
	default:
	}
}

func (b *bench) since(ctx context.Context, sent time.Time) (any, error) {
	select {
	case at := <-b.asked:
		return map[string]float64{"ms": float64(at.Sub(sent).Microseconds()) / 1000}, nil
	case <-ctx.Done():
		return nil, errors.New("the page was not asked for")
	}
}

// order carries an order out: 200 with a result, or 500 with what went wrong.
func order(do func(context.Context) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), patience)
		defer cancel()
		result, err := do(ctx)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_ = json.NewEncoder(w).Encode(result) // who asked is gone: nobody to tell
	}
}

// serve serves pages on a free port until ctx ends, and returns its address.
func serve(ctx context.Context, h http.Handler) (string, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { _ = s.Close() }) // we are leaving
	go func() { _ = s.Serve(l) }()                   // it ends when we do
	return l.Addr().String(), nil
}
