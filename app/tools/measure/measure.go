package measure

import (
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"time"

	"parley/app/domain/faq/suggest"
)

// draws is how often the choices are drawn anew; the figures are means.
const draws = 5

// Report prints how the suggestions do on each folder, and on made-up entries.
func Report(out io.Writer, dirs []string) error {
	for _, dir := range dirs {
		f, err := readDataset(dir)
		if err != nil {
			return err
		}
		f.print(out)
	}
	return speed(out)
}

func (d dataset) print(out io.Writer) {
	fmt.Fprintf(out, "%s: %d entries, %d messages, %d choices to learn from\n", d.name, len(d.entries), len(d.queries), len(d.accepted))
	for _, grouped := range []bool{false, true} {
		order := "in random order"
		if grouped {
			order = "grouped by entry"
		}
		if grouped && len(d.accepted) == 0 {
			continue
		}
		fmt.Fprintf(out, "  %-30s %6s %6s %6s %7s %7s %9s %9s %9s\n", "choices, "+order, "r@1", "r@3", "r@5", "MRR@10",
			"AUROC", "p50 µs", "p99 µs", "learn µs")
		for _, how := range []trainingPlan{
			{},
			{perEntry: 1},
			{perEntry: 5},
			{perEntry: 20},
			{perEntry: 5, wrong: .1},
			{perEntry: 20, wrong: .1},
			{perEntry: 1, beforeRetrain: true},
			{perEntry: 5, beforeRetrain: true},
			{perEntry: 20, beforeRetrain: true},
		} {
			how.grouped = grouped
			if how.perEntry > 0 && len(d.accepted) > 0 || how.perEntry == 0 && !grouped {
				d.printRow(out, how)
			}
		}
	}
}

// printRow prints the means of some draws.
func (d dataset) printRow(out io.Writer, how trainingPlan) {
	var mean quality
	var asked, learned []time.Duration
	n := draws
	if how.perEntry == 0 {
		n = 1
	}
	for seed := range n {
		e, l := d.train(how, uint64(seed))
		q, a := d.evaluate(e)
		asked, learned = append(asked, a...), append(learned, l...)
		for _, x := range [][2]*float64{
			{&mean.at1, &q.at1},
			{&mean.at3, &q.at3},
			{&mean.at5, &q.at5},
			{&mean.mrr, &q.mrr},
			{&mean.auroc, &q.auroc},
		} {
			*x[0] += *x[1] / float64(n)
		}
	}
	label := fmt.Sprint(how.perEntry)
	if how.perEntry > 0 {
		label += " of each entry"
	}
	if how.wrong > 0 {
		label += fmt.Sprintf(", %.0f %% wrong", how.wrong*100)
	}
	if how.beforeRetrain {
		label += ", unsettled"
	}
	fmt.Fprintf(out, "  %-30s %6.1f %6.1f %6.1f %7.1f %7s %9.0f %9.0f %9.0f\n", label, mean.at1*100, mean.at3*100,
		mean.at5*100, mean.mrr*100, percent(mean.auroc), micros(asked, .5), micros(asked, .99), micros(learned, .5))
}

func percent(v float64) string {
	if math.IsNaN(v) {
		return "-"
	}
	return fmt.Sprintf("%.1f", v*100)
}

// micros is a quantile in microseconds.
func micros(all []time.Duration, q float64) float64 {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return float64(all[int(q*float64(len(all)-1))].Nanoseconds()) / 1000
}

// speed prints times and memory with made-up entries and messages.
func speed(out io.Writer) error {
	fmt.Fprintf(out, "made-up entries\n  %-30s %9s %9s %9s %9s %9s %9s %9s\n", "", "cold ms", "all ms", "p50 µs",
		"p99 µs", "learn p50", "learn p99", "heap MB")
	for _, size := range []struct{ entries, each int }{{100, 0}, {100, 50}, {1000, 10}, {5000, 0}, {5000, 1}, {5000, 5}} {
		w := newSyntheticOrg(size.entries, size.each)
		before := heapBytes()
		start := time.Now()
		e := suggest.New(w.entries)
		cold := time.Since(start)
		e.LearnAll(w.choices)
		all := time.Since(start)
		grown := float64(heapBytes()-before) / (1 << 20)
		var asked, learned []time.Duration
		for i := range 2000 {
			start := time.Now()
			e.Suggest(suggest.Query{Text: w.message(i % len(w.entries)), K: 5})
			asked = append(asked, time.Since(start))
		}
		for i := range 300 {
			c := suggest.Choice{Entry: w.entries[i%len(w.entries)].ID, Query: w.message(i % len(w.entries)), Language: "en"}
			start := time.Now()
			e.Learn(c)
			learned = append(learned, time.Since(start))
		}
		fmt.Fprintf(out, "  %-30s %9.1f %9.1f %9.0f %9.0f %9.0f %9.0f %9.1f\n",
			fmt.Sprintf("%d entries, %d choices each", size.entries, size.each), milliseconds(cold), milliseconds(all),
			micros(asked, .5), micros(asked, .99), micros(learned, .5), micros(learned, .99), grown)
		runtime.KeepAlive(e)
		runtime.KeepAlive(w)
	}
	return nil
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func heapBytes() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
