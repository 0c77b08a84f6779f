package serve

import (
	"github.com/prometheus/client_golang/prometheus"

	"parley/app/domain/routing"
)

// roundMetrics counts and measures rounds of routing. It implements routing.Observer.
type roundMetrics struct {
	took             prometheus.Histogram
	assigned, failed prometheus.Counter
}

func newRoundMetrics() roundMetrics {
	return roundMetrics{
		took: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "parley_routing_round_seconds",
			Help: "Duration of one round of routing decisions.", Buckets: prometheus.ExponentialBuckets(0.0005, 2, 14)}),
		assigned: prometheus.NewCounter(prometheus.CounterOpts{Name: "parley_routing_assigned_total",
			Help: "Conversations given to agents by routing."}),
		failed: prometheus.NewCounter(prometheus.CounterOpts{Name: "parley_routing_failed_total",
			Help: "Rounds that failed or were overtaken; they are done again."}),
	}
}

func (m roundMetrics) register(r *prometheus.Registry) { r.MustRegister(m.took, m.assigned, m.failed) }

// RoundDone implements routing.Observer.
func (m roundMetrics) RoundDone(x routing.Round) {
	if x.Err != nil {
		m.failed.Inc()
		return
	}
	m.took.Observe(x.Duration.Seconds())
	m.assigned.Add(float64(x.Assigned))
}
