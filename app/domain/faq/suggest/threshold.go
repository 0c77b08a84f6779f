package suggest

// threshold is the confidence below which nothing is shown. It is moved by what agents do with what was shown, and with what was not.
type threshold struct{ at float64 }

const (
	thresholdStart  = 0.22
	thresholdLeast  = 0.15
	thresholdMost   = 0.50
	thresholdUp     = 0.01
	thresholdDown   = 0.01
	thresholdNearby = 0.05 // an acceptance so little above it shows that what is below may be worth showing too
)

func newThreshold() threshold { return threshold{thresholdStart} }

// move takes in a choice about an entry in which the engine had some confidence.
func (t *threshold) move(k Kind, confidence float32) {
	c := float64(confidence)
	switch {
	case k == Dismissed && c >= t.at:
		t.at = min(t.at+thresholdUp, thresholdMost)
	case k != Dismissed && k != Example && c < t.at+thresholdNearby:
		t.at = max(t.at-thresholdDown, thresholdLeast)
	}
}

// Threshold is the confidence below which a suggestion is not worth showing. Dismissals raise it, acceptances of weak suggestions
// lower it, within bounds.
func (e *Engine) Threshold() float64 {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.threshold.at
}
