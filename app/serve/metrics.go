package serve

import (
	"net/http"
	"net/http/pprof"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"parley/app/domain/conversation"
	"parley/app/front/live"
	"parley/app/platform/bus"
)

// newAdminServer serves metrics and profiles on an address of its own, which must not be open to the world.
func newAdminServer(registry *prometheus.Registry) *http.Server {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
}

// sources are the parts whose counts the metrics show.
type sources struct {
	*Services
	*readiness
	Live        *live.Hub
	Connections *BoundedListener
	later       later
}

// newRegistry describes this process to Prometheus. Counting costs nothing while nobody asks.
func newRegistry(s sources, requests requestMetrics) *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), collector{s})
	s.commits.register(r)
	s.rounds.register(r)
	r.MustRegister(requests.took)
	waits := queueMetrics{prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "parley_queue_seconds",
		Help: "How long visitors waited in the queue, by how the conversation came to an agent: routing, or next, " +
			"picked and accepted by the agent.",
		Buckets: []float64{1, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 3600},
	}, []string{"by"})}
	r.MustRegister(waits.took)
	s.Bus.Subscribe(waits)
	return r
}

// commitMetrics counts and measures commits of messages. It implements conversation.Observer.
type commitMetrics struct {
	messages, failed prometheus.Counter
	size, took       prometheus.Histogram
}

func newCommitMetrics() commitMetrics {
	return commitMetrics{
		messages: prometheus.NewCounter(prometheus.CounterOpts{Name: "parley_messages_committed_total", Help: "Messages committed."}),
		failed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "parley_commits_failed_total",
			Help: "Commits that failed; their messages were tried again.",
		}),
		size: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "parley_commit_messages",
			Help:    "Messages in one commit.",
			Buckets: prometheus.ExponentialBuckets(1, 2, 10),
		}),
		took: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "parley_commit_seconds",
			Help:    "Duration of one commit.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 14),
		}),
	}
}

func (m commitMetrics) register(r *prometheus.Registry) {
	r.MustRegister(m.messages, m.failed, m.size, m.took)
}

// Committed implements conversation.Observer.
func (m commitMetrics) Committed(c conversation.Commit) {
	if c.Err != nil {
		m.failed.Inc()
		return
	}
	m.messages.Add(float64(c.Messages))
	m.size.Observe(float64(c.Messages))
	m.took.Observe(c.Took.Seconds())
}

// requestMetrics measures how long requests take, by route.
type requestMetrics struct{ took *prometheus.HistogramVec }

func newRequestMetrics() requestMetrics {
	return requestMetrics{prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "parley_http_seconds",
		Help:    "Duration of HTTP requests by route (sockets and polls that wait are left out) and class of the answer.",
		Buckets: []float64{0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 10, 30}}, []string{"method", "route", "code"})}
}

func (r requestMetrics) observe(method, route string, status int, took time.Duration) {
	r.took.WithLabelValues(method, route, strconv.Itoa(status/100)+"xx").Observe(took.Seconds())
}

// queueMetrics hears of conversations that agents got here.
type queueMetrics struct{ took *prometheus.HistogramVec }

// HandleEvents implements bus.Handler.
func (w queueMetrics) HandleEvents(events []bus.Event) {
	for _, e := range events {
		s, here := e.Local.(conversation.MessageEvent)
		if !here || s.Kind != conversation.System || s.Body != conversation.SystemTaken || s.Snapshot.WaitingSince.IsZero() {
			continue
		}
		switch by := string(s.Snapshot.StateReason); by {
		case "routing", "next", "picked", "accepted":
			w.took.WithLabelValues(by).Observe(max(0, s.At.Sub(s.Snapshot.WaitingSince).Seconds()))
		}
	}
}

// Resync implements bus.Handler.
func (queueMetrics) Resync(uuid.UUID) {}

// collector reads the parts' own counts when it is asked.
type collector struct{ s sources }

var (
	socketsOpen        = desc("parley_sockets_open", "Sockets open now.", "kind")
	socketsOpened      = desc("parley_sockets_opened_total", "Sockets opened.", "kind")
	socketsCut         = desc("parley_sockets_cut_total", "Sockets cut because they did not read.", "kind")
	framesIn           = desc("parley_frames_received_total", "Frames received.", "kind")
	refusals           = desc("parley_refusals_total", "What visitors were refused, by the limit.", "limit")
	conversationsShown = desc("parley_conversations_followed", "Conversations that a screen on this server shows.")
	messagesWaiting    = desc("parley_messages_waiting", "Messages waiting to be committed.")
	busUp              = desc("parley_bus_up", "1 if the bus is connected to the other servers.")
	busSent            = desc("parley_bus_events_sent_total", "Events sent to other servers.")
	busReceived        = desc("parley_bus_events_heard_total", "Events heard from other servers.")
	busResyncs         = desc("parley_bus_gaps_total", "Times that events may have been missed and screens were brought up to date.")
	dbStatements       = desc("parley_database_statements_total", "Statements sent, scopes included.")
	dbRoundTrips       = desc("parley_database_round_trips_total", "Network round trips to the database.")
	dbConns            = desc("parley_database_connections", "Connections to the database.", "state")
	dbWaiting          = desc("parley_database_waiting",
		"Statements and transactions of organizations that wait for a connection of their share.")
	faqEngines     = desc("parley_suggestion_engines", "Organizations whose suggestion engine is loaded.")
	faqEngineBytes = desc("parley_suggestion_engine_bytes",
		"Memory that the suggestion engines take, as counted against SUGGESTIONS_MEMORY.")
	httpOpen    = desc("parley_http_connections", "HTTP connections, sockets not included.", "state")
	httpRefused = desc("parley_http_connections_refused_total", "HTTP connections refused because there were too many.")
	httpClosed  = desc("parley_http_connections_closed_total", "Idle HTTP connections closed to make room for others.")
	mailsSent   = desc("parley_mails_sent_total", "Mails that the mail server took.")
	mailsFailed = desc("parley_mails_failed_total",
		"Attempts to send a mail that failed, by what became of the mail: again (it is tried again) or lost.", "then")
	loginsRefused   = desc("parley_logins_refused_total", "Log-ins refused.", "reason")
	mailsWaiting    = desc("parley_mails_waiting", "Mails that are not sent yet.")
	mailsRefused    = desc("parley_mails_refused_total", "Mails refused because a queue was full.")
	siteCache       = desc("parley_websites_cached", "Websites whose settings are remembered.")
	siteCacheBytes  = desc("parley_websites_cached_bytes", "Memory that the remembered settings of websites take.")
	readyNow        = desc("parley_ready", "1 if this server takes new visitors: what /readyz said when it was last asked.")
	allDescriptions = []*prometheus.Desc{
		socketsOpen, socketsOpened, socketsCut, framesIn, refusals, conversationsShown, messagesWaiting, busUp, busSent,
		busReceived, busResyncs, dbStatements, dbRoundTrips, dbConns, dbWaiting, faqEngines, faqEngineBytes, siteCache,
		siteCacheBytes, httpOpen, mailsSent, mailsFailed, loginsRefused, mailsWaiting, mailsRefused, httpRefused,
		httpClosed, readyNow,
	}
)

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// Describe is the first half of prometheus.Collector.
func (c collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range allDescriptions {
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
	stats := c.s.Live.Stats()
	for _, k := range stats.Sockets {
		gauge(socketsOpen, float64(k.Open), k.Kind)
		count(socketsOpened, k.Opened, k.Kind)
		count(socketsCut, k.Cut, k.Kind)
		count(framesIn, k.Frames, k.Kind)
	}
	for limit, n := range stats.Refusals {
		count(refusals, n, limit)
	}
	gauge(conversationsShown, float64(stats.Threads))
	gauge(messagesWaiting, float64(c.s.Conversations.PendingMessages()))
	gauge(busUp, yes[c.s.Bus.IsConnected()])
	b := c.s.Bus.Stats()
	count(busSent, b.Sent)
	count(busReceived, b.Received)
	count(busResyncs, b.Resyncs)
	statements, trips := c.s.DB.Counts()
	jobStatements, jobTrips := c.s.DB.JobCounts()
	count(dbStatements, statements+jobStatements)
	count(dbRoundTrips, trips+jobTrips)
	used, idle := c.s.DB.Connections()
	gauge(dbConns, float64(used), "used")
	gauge(dbConns, float64(idle), "idle")
	gauge(dbWaiting, float64(c.s.DB.Waiting()))
	if waiting, err := c.s.later.mailsWaiting(); err == nil {
		gauge(mailsWaiting, float64(waiting))
	}
	sent, lost, again := c.s.later.mailer.Counts()
	count(mailsSent, sent)
	count(mailsFailed, lost, "lost")
	count(mailsFailed, again, "again")
	for reason, n := range c.s.Identity.RefusedLogIns() {
		count(loginsRefused, n, reason)
	}
	count(mailsRefused, c.s.later.mails.Refused())
	open, idle := c.s.Connections.Count()
	gauge(httpOpen, float64(open-idle), "active")
	gauge(httpOpen, float64(idle), "idle")
	count(httpRefused, c.s.Connections.refused.Load())
	count(httpClosed, c.s.Connections.closed.Load())
	engines, bytes := c.s.FAQ.EngineStats()
	gauge(faqEngines, float64(engines))
	gauge(faqEngineBytes, float64(bytes))
	sites, bytes := c.s.Org.CacheSize()
	gauge(siteCache, float64(sites))
	gauge(siteCacheBytes, float64(bytes))
	gauge(readyNow, yes[c.s.Ready.Load() && !c.s.databaseDown.Load()])
}
