package main

import (
	"html/template"
	"net/http"
	"sync"
)

// visits is the customer's page: another site, as a CRM is, that remembers who came.
type visits struct {
	mu      sync.Mutex
	queries []string
}

var page = template.Must(template.New("customer").Parse(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Customer {{.Get "id"}}</title>
<style>body { font: 1rem/1.5 Inter, sans-serif; margin: 2rem }</style>
<h1>Customer {{.Get "id"}}</h1>
<p>Called from {{.Get "number"}}.</p>
`))

// ServeHTTP is the page. What browsers ask for by themselves is no visit.
func (v *visits) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/customer":
	case "/favicon.ico":
		w.WriteHeader(http.StatusNoContent)
		return
	default:
		http.NotFound(w, r)
		return
	}
	v.mu.Lock()
	v.queries = append(v.queries, r.URL.RawQuery)
	v.mu.Unlock()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = page.Execute(w, r.URL.Query()) // the visitor is gone: nobody to tell
}

func (v *visits) list() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]string{}, v.queries...)
}

func (v *visits) forget() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.queries = nil
}
