package simulate

import (
	"fmt"
	"io"
	"sync"
)

// comparedMetric is a figure by which policies are compared.
type comparedMetric struct {
	name   string
	of     func(m Metrics) float64
	higher bool // higher is better
}

var comparedMetrics = []comparedMetric{
	{"first90", func(m Metrics) float64 { return m.FirstP90 }, false},
	{"later90", func(m Metrics) float64 { return m.LaterP90 }, false},
	{"lost", func(m Metrics) float64 { return m.LostPct }, false},
	{"res/h", func(m Metrics) float64 { return m.ResolvedPerHour }, true},
	{"gini", func(m Metrics) float64 { return m.Gini }, false},
}

func mean(ms []Metrics, of func(Metrics) float64) float64 {
	sum := 0.0
	for _, m := range ms {
		sum += of(m)
	}
	return sum / float64(len(ms))
}

// Compare runs policies on operations, seeds times each, two at a time, and prints their figures, and those of each policy by those
// of the last.
func Compare(out io.Writer, ops []Operation, seeds int, names []string, policies map[string]func() Policy) error {
	results := map[key][]Metrics{}
	var mu sync.Mutex
	var failed error
	var wg sync.WaitGroup
	slots := make(chan struct{}, 2)
	for _, o := range ops {
		for _, name := range names {
			results[key{o.Name, name}] = make([]Metrics, seeds)
			for seed := range seeds {
				wg.Add(1)
				slots <- struct{}{}
				go func() {
					defer func() { <-slots; wg.Done() }()
					p := policies[name]()
					m, err := Run(o, uint64(seed+1), p)
					if closed := p.Close(); err == nil {
						err = closed
					}
					mu.Lock()
					defer mu.Unlock()
					if err != nil && failed == nil {
						failed = fmt.Errorf("%s, %s: %w", o.Name, name, err)
					}
					results[key{o.Name, name}][seed] = m
				}()
			}
		}
	}
	wg.Wait()
	if failed == nil {
		report(out, ops, names, results)
	}
	return failed
}

type key struct{ operation, policy string }

func report(out io.Writer, ops []Operation, names []string, results map[key][]Metrics) {
	fmt.Fprintf(out, "%-9s %-10s %6s %6s %6s %6s %6s %6s %6s %5s %5s %5s %6s %6s %6s %5s %6s\n",
		"operation", "policy", "chats", "first50", "first90", "later90", "lost%", "queue%", "res/h",
		"util", "gini", "viol", "typing", "over%", "moved%", "byrel%", "us/dec")
	for _, o := range ops {
		for _, name := range names {
			ms := results[key{o.Name, name}]
			avg := func(of func(Metrics) float64) float64 { return mean(ms, of) }
			fmt.Fprintf(out,
				"%-9s %-10s %6.0f %7.1f %7.1f %7.1f %6.2f %6.2f %6.3f %5.3f %5.3f %5.0f %6.1f %6.2f %6.2f %5.2f %6.1f\n",
				o.Name, name, avg(func(m Metrics) float64 { return float64(m.Chats) }),
				avg(func(m Metrics) float64 { return m.FirstP50 }), avg(func(m Metrics) float64 { return m.FirstP90 }),
				avg(func(m Metrics) float64 { return m.LaterP90 }), avg(func(m Metrics) float64 { return m.LostPct }),
				avg(func(m Metrics) float64 { return 100 * float64(m.LostQueue) / float64(m.Chats) }),
				avg(func(m Metrics) float64 { return m.ResolvedPerHour }),
				avg(func(m Metrics) float64 { return m.Utilization }), avg(func(m Metrics) float64 { return m.Gini }),
				float64(len(ms))*avg(func(m Metrics) float64 { return float64(m.Violations) }),
				avg(func(m Metrics) float64 { return float64(m.RefusedTyping) }),
				avg(func(m Metrics) float64 { return m.OvertakesPct }),
				avg(func(m Metrics) float64 { return m.MovedPct }),
				avg(func(m Metrics) float64 { return m.MovedByPolicyPct }),
				avg(func(m Metrics) float64 { return m.DecisionMicrosec }))
		}
	}
	for _, name := range names {
		if base := names[len(names)-1]; name != base {
			ratios(out, ops, name, base, results)
		}
	}
}

// ratios prints a policy's figures divided by those of the policy base.
func ratios(out io.Writer, ops []Operation, name, base string, results map[key][]Metrics) {
	fmt.Fprintf(out, "\n%s / %s\n%-9s", name, base, "")
	for _, f := range comparedMetrics {
		fmt.Fprintf(out, " %8s", f.name)
	}
	sums, worst := make([]float64, len(comparedMetrics)), make([]float64, len(comparedMetrics))
	for n, o := range ops {
		fmt.Fprintf(out, "\n%-9s", o.Name)
		for i, f := range comparedMetrics {
			r := ratio(mean(results[key{o.Name, name}], f.of), mean(results[key{o.Name, base}], f.of))
			fmt.Fprintf(out, " %8.3f", r)
			sums[i] += r
			if n == 0 || f.higher == (r < worst[i]) {
				worst[i] = r
			}
		}
	}
	fmt.Fprintf(out, "\n%-9s", "mean")
	for i := range comparedMetrics {
		fmt.Fprintf(out, " %8.3f", sums[i]/float64(len(ops)))
	}
	fmt.Fprintf(out, "\n%-9s", "worst")
	for i := range comparedMetrics {
		fmt.Fprintf(out, " %8.3f", worst[i])
	}
	fmt.Fprintln(out)
}

func ratio(x, y float64) float64 {
	if y == 0 {
		if x == 0 {
			return 1
		}
		return 99
	}
	return x / y
}
