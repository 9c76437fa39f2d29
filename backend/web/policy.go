package web

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/asteriskcti/asteriskcti/backend/config"
)

// Content security policies. Every page loads its own scripts and styles from
// here and nothing else; nothing is inline.
const (
	cspNothing = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	cspPlain   = "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	cspRecord  = "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'%s"
	cspAgent   = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
		"manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors %s; frame-src %s; " +
		"require-trusted-types-for 'script'; trusted-types 'none'"
)

// agentPolicy lets the panel embed exactly the screens of its services, and be embedded
// by the sites of http.frame_ancestors.
func (s *Server) agentPolicy() string {
	ancestors := "'none'"
	if list := s.opts.FrameAncestors; len(list) > 0 {
		ancestors = strings.Join(list, " ")
	}
	return fmt.Sprintf(cspAgent, ancestors, s.frames(s.opts.Config.Now()))
}

// recordPolicy lets the panel embed the demonstration's page, wherever it is framed itself: a
// page's ancestors are all of them.
func (s *Server) recordPolicy() string {
	var hosts string
	for _, origin := range s.opts.FrameAncestors {
		hosts += " " + origin
	}
	return fmt.Sprintf(cspRecord, hosts)
}

// frames lists the origins of the enabled services' pages: those that open in the
// pane, and the others too, for an agent may choose the pane on his browser.
func (s *Server) frames(now *config.Snapshot) string {
	var list []string
	var self string // the demonstration's own page, by its whole address
	if s.opts.Demo != nil {
		list, self = append(list, "'self'"), s.hosts.publicOrigin()
	}
	if now != nil {
		for i := range now.Services {
			if o := paneOrigin(&now.Services[i]); o != "" && o != self {
				list = append(list, o)
			}
		}
	}
	if len(list) == 0 {
		return "'none'"
	}
	slices.Sort(list)
	return strings.Join(slices.Compact(list), " ")
}

// paneOrigin is "" for a service without a page, and for an origin
// that could be read as more than one source.
func paneOrigin(svc *config.Service) string {
	if !svc.Enabled || svc.Trigger != config.Browser {
		return ""
	}
	t := svc.Template()
	if t == nil {
		return ""
	}
	o := t.Origin()
	u, err := url.Parse(o)
	if err != nil || u.Host == "" || strings.ContainsAny(o, " ;,'\"*\t\r\n") {
		return ""
	}
	return o
}
