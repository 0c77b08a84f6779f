package chaos

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// silence is after how long without a frame a connection is taken for dead, as by the widget and the desk: the server sends
// something at least every 15 seconds.
const silence = 30 * time.Second

// failures collects what was found to be wrong.
type failures struct {
	mu   sync.Mutex
	list []string
}

func (f *failures) add(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = append(f.list, fmt.Sprintf(format, args...))
}

// print writes the first failures, and returns an error if there are any.
func (f *failures) print(out io.Writer) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.list) == 0 {
		fmt.Fprintln(out, "  no fault")
		return nil
	}
	for i, what := range f.list {
		if i == 20 {
			fmt.Fprintf(out, "  … and %d more\n", len(f.list)-20)
			break
		}
		fmt.Fprintln(out, "  fault:", what)
	}
	return fmt.Errorf("%d faults", len(f.list))
}

// position is a message's place: a conversation and a number in it.
type position struct {
	conversation string
	seq          int
}

// screen is what somebody's screen shows.
type screen struct {
	name       string
	failures   *failures
	mu         sync.Mutex
	shown      map[position]string // what stands there
	upTo       map[string]int      // conversation to the number up to which nothing (that was shown later) was missing
	firstShown map[string]time.Time
}

func newScreen(name string, f *failures) *screen {
	return &screen{name: name, failures: f, shown: map[position]string{}, upTo: map[string]int{}, firstShown: map[string]time.Time{}}
}

// show notes a message; one place holds one message for good.
func (s *screen) show(p position, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if before, there := s.shown[p]; there && before != text {
		s.failures.add("%s: number %d of %s was %q and is %q", s.name, p.seq, p.conversation, before, text)
	}
	s.shown[p] = text
	if _, seen := s.firstShown[text]; !seen {
		s.firstShown[text] = time.Now()
	}
}

// firstShownAt says when a text was shown first.
func (s *screen) firstShownAt(text string) (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, there := s.firstShown[text]
	return at, there
}
