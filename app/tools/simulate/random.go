package simulate

import (
	"math"
	"math/rand/v2"
)

// The kinds of random numbers. Each has its own generators, so that the same seed gives all policies the same visitors, agents and
// difficulties.
const (
	randomAgents = iota + 1
	randomArrivals
	randomVisitor
	randomMessage
	randomHandling
	randomIncidents
	randomChoice
)

// random draws from the distributions that the simulation needs.
type random struct{ *rand.Rand }

// newRandom returns the generator of one kind and key, the same for the same seed.
func newRandom(seed uint64, kind int, keys ...int) random {
	h := mix(seed ^ uint64(kind)<<56)
	for _, k := range keys {
		h = mix(h ^ uint64(k))
	}
	return random{rand.New(rand.NewPCG(h, mix(h)))}
}

// mix spreads the bits of x: the finalizer of splitmix64.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// lognormal returns a number of mean 1 whose logarithm has the standard deviation sd.
func (l random) lognormal(sd float64) float64 { return math.Exp(sd*l.NormFloat64() - sd*sd/2) }

func (l random) exponential(mean float64) float64 { return mean * l.ExpFloat64() }

func (l random) weibull(mean, shape float64) float64 {
	return mean / math.Gamma(1+1/shape) * math.Pow(l.ExpFloat64(), 1/shape)
}

// geometric returns a geometrically distributed number from 1.
func (l random) geometric(mean float64) int {
	if mean <= 1 {
		return 1
	}
	return 1 + int(math.Log(1-l.Float64())/math.Log(1-1/mean))
}

func (l random) between(low, high float64) float64 { return low + (high-low)*l.Float64() }

func (l random) chance(p float64) bool { return l.Float64() < p }
