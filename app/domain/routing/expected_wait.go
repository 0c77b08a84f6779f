package routing

import (
	"math"
	"time"
)

// ExpectedWait returns the wait of the k-th conversation in a queue (from 1), as a range that holds it in some four cases of
// five. free is how many conversations agents could get now, open how many they have, duration the mean seconds of one. The
// upper limit is 0 when nothing is open that could end.
//
// Each open conversation ends after duration on average, however long it has lasted, so the k-th end comes after a
// gamma-distributed time, whose quantiles are approximated as by Wilson and Hilferty. The range is a little wider than that,
// because neither figure is certain.
func ExpectedWait(k, free, open int, duration float64) (least, most time.Duration) {
	if k <= free {
		return 0, time.Minute
	}
	if open == 0 {
		return 0, 0
	}
	n := float64(k - free)
	mean := n * duration / float64(open)
	quantile := func(z float64) float64 {
		return mean * math.Pow(math.Max(0, 1-1/(9*n)+z/(3*math.Sqrt(n))), 3)
	}
	low, high := quantile(-1.5), quantile(1.5)
	return roundWait(low, math.Trunc), max(time.Minute, roundWait(high, math.Ceil))
}

// roundWait rounds seconds to minutes, to five minutes beyond a quarter of an hour, to a quarter beyond an hour.
func roundWait(s float64, to func(float64) float64) time.Duration {
	step := 60.
	switch {
	case s > 3600:
		step = 900
	case s > 900:
		step = 300
	}
	return time.Duration(to(s/step)*step) * time.Second
}
