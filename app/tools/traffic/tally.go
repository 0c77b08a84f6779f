package traffic

import (
	"fmt"
	"io"
	"slices"
	"sync"
	"time"
)

// tally is what happened so far.
type tally struct {
	mu                                            sync.Mutex
	sent, acknowledged, delivered, answered, lost int
	acks, deliveries                              []time.Duration
	refused                                       map[string]int
	sentAt                                        map[string]time.Time // conversation to when its message was sent
	onScreen                                      map[string]time.Time // conversation to when the agent's screen showed it
}

func (t *tally) addAcknowledged(conversation string, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.acknowledged++
	t.acks = append(t.acks, time.Since(at))
	t.sentAt[conversation] = at
	t.match(conversation)
}

func (t *tally) addShown(conversation string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, there := t.onScreen[conversation]; !there {
		t.onScreen[conversation] = time.Now()
		t.match(conversation)
	}
}

func (t *tally) match(conversation string) {
	sent, ours := t.sentAt[conversation]
	shown, there := t.onScreen[conversation]
	if ours && there {
		t.delivered++
		t.deliveries = append(t.deliveries, shown.Sub(sent))
	}
}

func (t *tally) count(field *int) {
	t.mu.Lock()
	*field++
	t.mu.Unlock()
}

func (t *tally) summary() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return fmt.Sprintf("sent %d  acknowledged %d  delivered %d  answered %d", t.sent, t.acknowledged, t.delivered, t.answered)
}

// Percentile is the value below which the share p (0 to 1) of a list lies, to a tenth of a millisecond; 0 for an empty list.
func Percentile(list []time.Duration, p float64) time.Duration {
	if len(list) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(list))
	return s[min(len(s)-1, int(p*float64(len(s))))].Round(100 * time.Microsecond)
}

// report prints what was sent, and how long it took to arrive.
func (t *tally) report(out io.Writer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(out,
		"\n  sent          %6d\n  acknowledged  %6d   p50 %v  p99 %v after sending\n  delivered     %6d   p50 %v  p99 "+
			"%v from sending to the agent's screen\n  answered      %6d\n",
		t.sent, t.acknowledged, Percentile(t.acks, .5), Percentile(t.acks, .99), t.delivered,
		Percentile(t.deliveries, .5), Percentile(t.deliveries, .99), t.answered)
	for code, n := range t.refused {
		fmt.Fprintf(out, "  refused (%s) %d\n", code, n)
	}
	if t.lost > 0 {
		fmt.Fprintf(out, "  not acknowledged %d\n", t.lost)
	}
}

func progress(t *tally, out io.Writer) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(2 * time.Second)
		defer tick.Stop()
		for before := ""; ; {
			select {
			case <-done:
				return
			case <-tick.C:
				if line := t.summary(); line != before {
					fmt.Fprintln(out, line)
					before = line
				}
			}
		}
	}()
	return func() { close(done); <-ended }
}
