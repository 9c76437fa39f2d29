package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/asteriskcti/asteriskcti/e2e/phone"
)

// orders are what tests can ask for, all by POST with an object of JSON:
//
//	/call    {"number","name","digits","from"}  a phone (200) calls and keys the digits; → {"call": n}
//	/hangup  {"call": n}                         the caller hangs up
//	/phone   {"phone","do"}                      ring, busy, decline, ignore: what it does with the calls that come;
//	                                             answer, hangup, hold, resume: now, when it rings or talks;
//	                                             transfer: the call it has answered to "number"
//	/reset   {}                                  every call ends, every phone rings when called, visits are forgotten
//	/server  {"do"}                              stop, kill, start: the server
//	/asterisk {"do"}                             stop, start: Asterisk
//
// and GET /visits: the query of each visit to the customer's page, in order.
func (c *centre) orders() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /call", order(c.call))
	mux.Handle("POST /hangup", order(c.hangup))
	mux.Handle("POST /phone", order(c.phone))
	mux.Handle("POST /reset", order(c.reset))
	mux.Handle("POST /server", order(c.serverDo))
	mux.Handle("POST /asterisk", order(c.asteriskDo))
	mux.HandleFunc("GET /visits", func(w http.ResponseWriter, _ *http.Request) { reply(w, c.visits.list()) })
	return mux
}

// request is what an order may say.
type request struct {
	Number, Name, Digits, From string
	Call                       int
	Phone, Do                  string
}

// order carries an order out, and answers when it is done: 200 with a result, or
// 500 with what went wrong.
func order(do func(context.Context, request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var req request
		d := json.NewDecoder(r.Body)
		d.DisallowUnknownFields()
		if err := d.Decode(&req); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), 30*time.Second)
		defer cancel()
		result, err := do(ctx, req)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		reply(w, result)
	})
}

func reply(w http.ResponseWriter, result any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(result) // who asked is gone: nobody to tell
}

// calls are those that the orders made.
type calls struct {
	mu   sync.Mutex
	made []*phone.Call
	came map[string]*phone.Call // the last one each phone answered
}

func (c *centre) call(ctx context.Context, r request) (any, error) {
	if r.From == "" {
		r.From = "200"
	}
	p := c.phones[r.From]
	if p == nil {
		return nil, fmt.Errorf("no phone %q", r.From)
	}
	call, err := p.Dial(ctx, r.Number, r.Name)
	if err != nil {
		return nil, err
	}
	c.calls.mu.Lock()
	c.calls.made = append(c.calls.made, call)
	n := len(c.calls.made) - 1
	c.calls.mu.Unlock()
	if r.Digits != "" {
		if err := call.Wait(ctx, phone.Up); err != nil {
			return nil, err
		}
		if err := call.Digits(ctx, r.Digits); err != nil {
			return nil, err
		}
	}
	return map[string]int{"call": n}, nil
}

func (c *centre) hangup(ctx context.Context, r request) (any, error) {
	c.calls.mu.Lock()
	if r.Call < 0 || r.Call >= len(c.calls.made) {
		c.calls.mu.Unlock()
		return nil, fmt.Errorf("no call %d", r.Call)
	}
	call := c.calls.made[r.Call]
	c.calls.mu.Unlock()
	return struct{}{}, call.Hangup(ctx)
}

func (c *centre) phone(ctx context.Context, r request) (any, error) {
	p := c.phones[r.Phone]
	if p == nil {
		return nil, fmt.Errorf("no phone %q", r.Phone)
	}
	policies := map[string]phone.Policy{"ring": phone.Ring(), "busy": phone.Busy(), "decline": phone.Decline(), "ignore": phone.Ignore()}
	if policy, ok := policies[r.Do]; ok {
		p.SetPolicy(policy)
		return struct{}{}, nil
	}
	switch r.Do {
	case "answer":
		call, err := ringing(ctx, p)
		if err != nil {
			return nil, err
		}
		c.calls.mu.Lock()
		if c.calls.came == nil {
			c.calls.came = map[string]*phone.Call{}
		}
		c.calls.came[r.Phone] = call
		c.calls.mu.Unlock()
		return struct{}{}, call.Answer(ctx)
	case "hangup", "hold", "resume", "transfer":
		c.calls.mu.Lock()
		call := c.calls.came[r.Phone]
		c.calls.mu.Unlock()
		if call == nil {
			return nil, fmt.Errorf("phone %s has answered nothing", r.Phone)
		}
		switch r.Do {
		case "hold":
			return struct{}{}, call.Hold(ctx)
		case "resume":
			return struct{}{}, call.Unhold(ctx)
		case "transfer":
			for _, p := range c.phones {
				p.Forget() // what rang before: the transferred call is the next
			}
			return struct{}{}, call.Refer(ctx, r.Number)
		}
		return struct{}{}, call.Hangup(ctx)
	}
	return nil, fmt.Errorf("a phone cannot %q", r.Do)
}

// ringing is the call that a phone rings for, or will next.
func ringing(ctx context.Context, p *phone.Phone) (*phone.Call, error) {
	for {
		call, err := p.Next(ctx)
		if err != nil {
			return nil, err
		}
		if state, _ := call.State(); state != phone.Ended { // a colleague answered that one
			return call, nil
		}
	}
}

func (c *centre) reset(ctx context.Context, _ request) (any, error) {
	c.calls.mu.Lock()
	made := c.calls.made
	c.calls.came = nil
	c.calls.mu.Unlock()
	for _, call := range made {
		if err := call.Hangup(ctx); err != nil {
			return nil, err
		}
	}
	if err := c.watch.Quiet(ctx); err != nil {
		return nil, err
	}
	for _, p := range c.phones {
		p.SetPolicy(phone.Ring())
		p.Forget()
	}
	c.visits.forget()
	return struct{}{}, nil
}

func (c *centre) serverDo(ctx context.Context, r request) (any, error) {
	if c.server == nil {
		return nil, errors.New("the server is not ours")
	}
	switch r.Do {
	case "stop":
		return struct{}{}, c.server.Stop()
	case "kill":
		c.server.Kill()
		return struct{}{}, nil
	case "start":
		if err := c.server.Restart(); err != nil {
			return nil, err
		}
		return struct{}{}, c.server.Ready(ctx)
	}
	return nil, fmt.Errorf("a server cannot %q", r.Do)
}

func (c *centre) asteriskDo(ctx context.Context, r request) (any, error) {
	switch r.Do {
	case "stop":
		c.watch.Close()
		return struct{}{}, c.ast.Stop()
	case "start":
		if err := c.ast.Restart(ctx); err != nil {
			return nil, err
		}
		var err error
		if c.watch, err = c.ast.Watch(ctx); err != nil {
			return nil, err
		}
		for _, p := range c.phones {
			if err := p.Register(ctx); err != nil {
				return nil, err
			}
		}
		return struct{}{}, nil
	}
	return nil, fmt.Errorf("an Asterisk cannot %q", r.Do)
}
