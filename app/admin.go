package main

import (
	"errors"
	"net"
	"net/http"
	"net/http/pprof"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"parley/app/bus"
	"parley/app/chat"
	"parley/app/queue"
)

// serveAdmin serves metrics and profiles on an address of their own, which is not for the world.
func (s *server) serveAdmin(address string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	s.adminAt = listener.Addr().String()
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.metrics(), promhttp.HandlerOpts{}))
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	s.admin = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	s.parts.Go(func() error {
		if err := s.admin.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	return nil
}

// metrics describes this process in Prometheus' way. Counting costs nothing while nobody asks.
func (s *server) metrics() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), collector{s})
	messages := prometheus.NewCounter(prometheus.CounterOpts{Name: "parley_messages_committed_total", Help: "Messages committed."})
	failed := prometheus.NewCounter(prometheus.CounterOpts{Name: "parley_commits_failed_total", Help: "Commits that failed; their messages were tried again."})
	size := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "parley_commit_messages", Help: "Messages in one commit.", Buckets: prometheus.ExponentialBuckets(1, 2, 10)})
	took := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "parley_commit_seconds", Help: "Duration of one commit.", Buckets: prometheus.ExponentialBuckets(0.0005, 2, 14)})
	r.MustRegister(messages, failed, size, took)
	s.chat.OnCommit = func(c chat.Commit) {
		if c.Err != nil {
			failed.Inc()
			return
		}
		messages.Add(float64(c.Messages))
		size.Observe(float64(c.Messages))
		took.Observe(c.Took.Seconds())
	}
	rounds := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "parley_routing_round_seconds", Help: "Duration of one round of routing decisions.", Buckets: prometheus.ExponentialBuckets(0.0005, 2, 14)})
	assigned := prometheus.NewCounter(prometheus.CounterOpts{Name: "parley_routing_assigned_total", Help: "Conversations given to agents by routing."})
	again := prometheus.NewCounter(prometheus.CounterOpts{Name: "parley_routing_failed_total", Help: "Rounds that failed or were overtaken; they are done again."})
	r.MustRegister(rounds, assigned, again, s.requests.took)
	waits := queueWaits{prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "parley_queue_seconds",
		Help:    "How long visitors waited in the queue, by how the conversation came to an agent: routing, or next, picked and accepted by the agent.",
		Buckets: []float64{1, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 3600}}, []string{"by"})}
	r.MustRegister(waits.took)
	s.bus.Subscribe(waits)
	s.queue.OnRound = func(x queue.Round) {
		if x.Err != nil {
			again.Inc()
			return
		}
		rounds.Observe(x.Took.Seconds())
		assigned.Add(float64(x.Assigned))
	}
	return r
}

// requests measures how long requests take, by route.
type requests struct{ took *prometheus.HistogramVec }

func newRequests() requests {
	return requests{prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "parley_http_seconds",
		Help:    "Duration of HTTP requests by route (sockets and polls that wait are left out) and class of the answer.",
		Buckets: []float64{0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 10, 30}}, []string{"method", "route", "code"})}
}

func (r requests) observe(method, route string, status int, took time.Duration) {
	r.took.WithLabelValues(method, route, strconv.Itoa(status/100)+"xx").Observe(took.Seconds())
}

// queueWaits hears of conversations that agents got here.
type queueWaits struct{ took *prometheus.HistogramVec }

// Heard implements bus.Handler.
func (w queueWaits) Heard(events []bus.Event) {
	for _, e := range events {
		s, here := e.Local.(chat.Said)
		if !here || s.Kind != chat.System || s.Body != chat.Taken || s.In.WaitingSince.IsZero() {
			continue
		}
		switch by := string(s.In.CameBy); by {
		case "routing", "next", "picked", "accepted":
			w.took.WithLabelValues(by).Observe(max(0, s.At.Sub(s.In.WaitingSince).Seconds()))
		}
	}
}

// Gap implements bus.Handler.
func (queueWaits) Gap(uuid.UUID) {}

// collector reads the parts' own counts when it is asked.
type collector struct{ s *server }

var (
	socketsOpen    = desc("parley_sockets_open", "Sockets open now.", "kind")
	socketsOpened  = desc("parley_sockets_opened_total", "Sockets opened.", "kind")
	socketsCut     = desc("parley_sockets_cut_total", "Sockets cut because they did not read.", "kind")
	framesIn       = desc("parley_frames_received_total", "Frames received.", "kind")
	refusals       = desc("parley_refusals_total", "What visitors were refused, by the limit.", "limit")
	threadsNow     = desc("parley_conversations_followed", "Conversations that a screen on this server shows.")
	messagesWait   = desc("parley_messages_waiting", "Messages waiting to be committed.")
	busUp          = desc("parley_bus_up", "1 if the bus is connected to the other servers.")
	busSent        = desc("parley_bus_events_sent_total", "Events sent to other servers.")
	busHeard       = desc("parley_bus_events_heard_total", "Events heard from other servers.")
	busGaps        = desc("parley_bus_gaps_total", "Times that events may have been missed and screens were brought up to date.")
	dbStatements   = desc("parley_database_statements_total", "Statements sent, scopes included.")
	dbTrips        = desc("parley_database_round_trips_total", "Network round trips to the database.")
	dbConns        = desc("parley_database_connections", "Connections to the database.", "state")
	dbShares       = desc("parley_database_waiting", "Statements and transactions of organizations that wait for a connection of their share.")
	faqEngines     = desc("parley_suggestion_engines", "Organizations whose suggestion engine is loaded.")
	faqEngineBytes = desc("parley_suggestion_engine_bytes", "Memory that the suggestion engines take, as counted against SUGGESTIONS_MEMORY.")
	httpOpen       = desc("parley_http_connections", "HTTP connections, sockets not included.", "state")
	httpRefused    = desc("parley_http_connections_refused_total", "HTTP connections refused because there were too many.")
	httpClosed     = desc("parley_http_connections_closed_total", "Idle HTTP connections closed to make room for others.")
	mailsSent      = desc("parley_mails_sent_total", "Mails that the mail server took.")
	mailsFailed    = desc("parley_mails_failed_total", "Attempts to send a mail that failed, by what became of the mail: again (it is tried again) or lost.", "then")
	loginsRefused  = desc("parley_logins_refused_total", "Log-ins refused.", "reason")
	mailsWait      = desc("parley_mails_waiting", "Mails that are not sent yet.")
	mailsRefused   = desc("parley_mails_refused_total", "Mails refused because a queue was full.")
	siteCache      = desc("parley_websites_cached", "Websites whose settings are remembered.")
	siteCacheBytes = desc("parley_websites_cached_bytes", "Memory that the remembered settings of websites take.")
	readyNow       = desc("parley_ready", "1 if this server takes new visitors: what /readyz said when it was last asked.")
	allDescription = []*prometheus.Desc{socketsOpen, socketsOpened, socketsCut, framesIn, refusals, threadsNow, messagesWait, busUp,
		busSent, busHeard, busGaps, dbStatements, dbTrips, dbConns, dbShares, faqEngines, faqEngineBytes, siteCache, siteCacheBytes, httpOpen, mailsSent, mailsFailed, loginsRefused, mailsWait, mailsRefused,
		httpRefused, httpClosed, readyNow}
)

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// Describe is the first half of prometheus.Collector.
func (c collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range allDescription {
		ch <- d
	}
}

// Collect is the second.
func (c collector) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	count := func(d *prometheus.Desc, v int64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	yes := map[bool]float64{true: 1}
	stats := c.s.live.Stats()
	for _, k := range stats.Sockets {
		gauge(socketsOpen, float64(k.Open), k.Kind)
		count(socketsOpened, k.Opened, k.Kind)
		count(socketsCut, k.Cut, k.Kind)
		count(framesIn, k.Frames, k.Kind)
	}
	for limit, n := range stats.Refusals {
		count(refusals, n, limit)
	}
	gauge(threadsNow, float64(stats.Threads))
	gauge(messagesWait, float64(c.s.chat.Waiting()))
	gauge(busUp, yes[c.s.bus.Up()])
	b := c.s.bus.Stats()
	count(busSent, b.Sent)
	count(busHeard, b.Heard)
	count(busGaps, b.Gaps)
	statements, trips := c.s.db.Counts()
	count(dbStatements, statements)
	count(dbTrips, trips)
	used, idle := c.s.db.Connections()
	gauge(dbConns, float64(used), "used")
	gauge(dbConns, float64(idle), "idle")
	gauge(dbShares, float64(c.s.db.Waiting()))
	gauge(mailsWait, float64(c.s.mail.Waiting()))
	sent, lost, again := c.s.mail.Counts()
	count(mailsSent, sent)
	count(mailsFailed, lost, "lost")
	count(mailsFailed, again, "again")
	for reason, n := range c.s.identity.Refused() {
		count(loginsRefused, n, reason)
	}
	count(mailsRefused, c.s.mail.Refused())
	open, idle := c.s.connections.count()
	gauge(httpOpen, float64(open-idle), "active")
	gauge(httpOpen, float64(idle), "idle")
	count(httpRefused, c.s.connections.refused.Load())
	count(httpClosed, c.s.connections.closed.Load())
	engines, bytes := c.s.faq.Engines()
	gauge(faqEngines, float64(engines))
	gauge(faqEngineBytes, float64(bytes))
	sites, bytes := c.s.org.CacheSize()
	gauge(siteCache, float64(sites))
	gauge(siteCacheBytes, float64(bytes))
	gauge(readyNow, yes[c.s.ready.Load() && !c.s.away.Load()])
}
