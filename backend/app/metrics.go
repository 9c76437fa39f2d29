package app

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/transport"
)

// metrics is GET /metrics (row K4). Every figure is read from its room when it is
// asked for: nothing on an event's way counts for Prometheus.
func (s *server) metrics(lines *transport.TCP) http.Handler {
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	gauge := func(name, help string, value func() float64) {
		reg.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "astcti", Name: name, Help: help}, value))
	}
	counter := func(name, help string, value func() float64) {
		reg.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Namespace: "astcti", Name: name, Help: help}, value))
	}
	truth := func(b bool) float64 {
		if b {
			return 1
		}
		return 0
	}

	gauge("ready", "1 when agents are let in and the link to Asterisk stands.", func() float64 { return truth(s.available() == nil) })
	gauge("link_up", "1 when the link to Asterisk stands and the picture is whole.", func() float64 { return truth(s.link.Status().State == pbx.LinkStateReady) })
	counter("link_logins_total", "How often the link was made.", func() float64 { return float64(s.link.Status().Logins) })
	counter("link_messages_total", "Messages received from Asterisk.", func() float64 { return float64(s.link.Status().Messages) })
	counter("link_events_total", "Events that somebody acts on.", func() float64 { return float64(s.link.Status().Events) })
	counter("link_overruns_total", "Links dropped because events were not used in time.", func() float64 { return float64(s.link.Status().Overruns) })
	counter("link_forged_total", "Messages that a caller's text had forged, not believed.", func() float64 { return float64(s.link.Status().Forged) })

	gauge("calls", "Calls now.", func() float64 { return float64(s.tracker.Stats().Calls) })
	gauge("channels", "Channels now.", func() float64 { return float64(s.tracker.Stats().Channels) })
	gauge("tracker_backlog", "Batches of events that wait for the picture.", func() float64 { return float64(s.tracker.Stats().Backlog) })
	counter("service_calls_total", "Calls that reached a service.", func() float64 { return float64(s.tracker.Stats().ServiceCalls) })
	counter("pops_total", "Screens opened.", func() float64 { return float64(s.tracker.Stats().Pops) })
	counter("notices_total", "Things told to agents.", func() float64 { return float64(s.tracker.Stats().Notices) })
	counter("swept_channels_total", "Channels whose end Asterisk never told; a slow check has ended them. Should stay 0.", func() float64 { return float64(s.tracker.Stats().SweptChannels) })
	counter("found_channels_total", "Channels of which Asterisk never told, found by a slow check. Should stay 0.", func() float64 { return float64(s.tracker.Stats().FoundChannels) })
	counter("refused_channels_total", "Channels over the limit of calls.", func() float64 { return float64(s.tracker.Stats().RefusedChannels) })

	counter("history_calls_total", "Calls that were written to agents' history.", func() float64 { return float64(s.history.Stats().Written) })
	counter("history_lost_total", "Calls that were not, because too many waited or the disk failed. Should stay 0.", func() float64 { return float64(s.history.Stats().Lost) })
	counter("history_refused_total", "Calls and notes that the history's database has refused, which nobody keeps. Should stay 0.", func() float64 { return float64(s.history.Stats().Refused) })
	gauge("history_failing", "1 while nothing can be written to the history; calls wait in memory.", func() float64 { return truth(s.history.Stats().Failing) })
	gauge("history_waiting", "Calls that are to be written to agents' history.", func() float64 { return float64(s.history.Stats().Waiting) })

	counter("webhook_delivered_total", "Deliveries that the other system has taken.", func() float64 { return float64(s.webhook.Stats().Delivered) })
	counter("webhook_failed_total", "Tries to deliver that have failed.", func() float64 { return float64(s.webhook.Stats().Failed) })
	counter("webhook_dropped_total", "Deliveries given up after three days, or because too many waited. Should stay 0.", func() float64 {
		return float64(s.webhook.Stats().Dropped + s.history.Stats().Dropped)
	})
	gauge("webhook_failing", "1 while the other system takes nothing of what it is sent.", func() float64 { return truth(!s.webhook.Stats().Failing.IsZero()) })
	gauge("webhook_waiting", "Deliveries that are to be made.", func() float64 { return float64(s.history.Stats().Outbox) })

	gauge("agents", "Agents signed in.", func() float64 { return float64(s.clients.Stats().SignedIn) })
	gauge("clients", "Connections of agents.", func() float64 { return float64(s.clients.Stats().Clients) })
	counter("clients_slow_total", "Clients cut because they did not read.", func() float64 { return float64(s.clients.Stats().Slow) })
	counter("sign_ins_right_total", "Passwords that were right.", func() float64 { g := s.gate.Stats(); return float64(g.Right + g.Cached) })
	counter("sign_ins_wrong_total", "Passwords that were wrong, or of nobody.", func() float64 { return float64(s.gate.Stats().Wrong) })
	counter("sign_ins_throttled_total", "Sign-ins told to wait after wrong passwords.", func() float64 { return float64(s.gate.Stats().Throttled) })
	counter("sign_ins_busy_total", "Sign-ins that found too many others.", func() float64 { return float64(s.gate.Stats().Busy) })
	counter("sign_ins_replaced_total", "Sign-ins ended by a later one.", func() float64 { return float64(s.clients.Stats().Replaced) })
	counter("tcp_refused_total", "TCP connections that found no place.", func() float64 { return float64(lines.Refused()) })

	gauge("configuration_loaded_seconds", "When the configuration in use was put in use, Unix time; 0 without one.", func() float64 {
		if cfg := s.live.Now(); cfg != nil {
			return float64(cfg.Loaded.UnixNano()) / float64(time.Second)
		}
		return 0
	})
	counter("configuration_accepted_total", "Files put in use.", func() float64 { return float64(s.watcher.Status().Accepted) })
	counter("configuration_refused_total", "Files of the configuration folder that were refused.", func() float64 { return float64(s.watcher.Status().Refused) })

	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{}))
	return mux
}
