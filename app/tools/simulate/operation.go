package simulate

import (
	"math"
	"sort"
)

// Operation describes a kind of chat operation. Times are in seconds, rates per hour.
type Operation struct {
	Name, About    string
	Hours          float64
	Load           float64 // offered work by the work that the agents can do
	Agents, Groups int
	ExtraGroups    float64 // further groups of an agent, on average
	Handling       [2]float64
	Noise          float64 // sd of the logarithm of handling times
	SpeedSD        float64
	TwiceSlow      float64 // share of agents
	Cap            [2]int
	Exchanges      float64
	Think          float64
	ThinkSD        float64 // 0: exponential
	SlowTypists    float64 // share of visitors, 4 times slower
	PatienceFirst  float64
	PatienceLater  float64
	PatienceShape  float64 // of Weibull; 1 is exponential
	DropOuts       float64 // share of chats
	AutoClose      float64
	Doubles        float64 // share of messages followed by a second one
	Customers      int
	Bursts         float64 // per hour, each of one customer
	HighPriority   float64 // share of chats
	Transfers      float64 // share of chats that reach the wrong group first
	Shifts         bool
	Breaks         float64 // per agent
	Vanish         float64 // per agent
	VanishFor      float64
	Losses         float64 // per agent
	LossFor        float64
}

func operation(name, about string, change func(o *Operation)) Operation {
	o := Operation{
		Name: name, About: about, Hours: 6, Load: 1, Agents: 12, Groups: 3, ExtraGroups: 0.6,
		Handling: [2]float64{30, 50}, Noise: 0.7, SpeedSD: 0.35, TwiceSlow: 0.08, Cap: [2]int{8, 8},
		Exchanges: 6, Think: 60, ThinkSD: 0.8, SlowTypists: 0.1,
		PatienceFirst: 360, PatienceLater: 900, PatienceShape: 1.8,
		DropOuts: 0.08, AutoClose: 300, Doubles: 0.05, Customers: 3, HighPriority: 0.05, Breaks: 0.12,
	}
	change(&o)
	return o
}

// Operations are the kinds of operations that are simulated.
var Operations = []Operation{
	operation("small", "5 agents, 2 groups, one customer", func(o *Operation) {
		o.Hours, o.Agents, o.Groups, o.Customers, o.Load = 8, 5, 2, 1, 0.92
	}),
	operation("big", "60 agents, 6 groups, shifts", func(o *Operation) {
		o.Hours, o.Agents, o.Groups, o.Customers, o.Shifts, o.Load = 4, 60, 6, 8, true, 1
	}),
	operation("skills", "30 agents in 12 groups, 3 groups each, transfers", func(o *Operation) {
		o.Agents, o.Groups, o.ExtraGroups, o.Transfers = 30, 12, 2, 0.04
		o.Handling, o.Load = [2]float64{20, 70}, 0.97
	}),
	operation("overload", "more work than agents can do at the peak", func(o *Operation) {
		o.Load, o.PatienceFirst, o.Cap = 1.1, 420, [2]int{5, 6}
	}),
	operation("slack", "enough agents, exponential think times", func(o *Operation) {
		o.Load, o.ThinkSD, o.PatienceShape, o.PatienceFirst, o.PatienceLater = 0.78, 0, 1.2, 480, 1500
	}),
	operation("unequal", "very unequal speeds, a fifth twice as slow", func(o *Operation) {
		o.SpeedSD, o.TwiceSlow, o.Agents, o.Load = 0.5, 0.2, 16, 0.97
	}),
	operation("typists", "long think times, 35 % slow typists", func(o *Operation) {
		o.Think, o.SlowTypists, o.Exchanges, o.Handling = 90, 0.35, 5, [2]float64{40, 60}
	}),
	operation("dropouts", "40 % of the visitors go away silently", func(o *Operation) {
		o.DropOuts, o.AutoClose, o.Exchanges, o.Load = 0.4, 420, 5, 0.97
	}),
	operation("vanish", "agents stop for minutes without a sign", func(o *Operation) {
		o.Vanish, o.VanishFor, o.Agents, o.Load = 0.6, 420, 14, 0.9
	}),
	operation("losses", "agents lose their connection", func(o *Operation) {
		o.Losses, o.LossFor, o.Agents, o.Load, o.Shifts = 0.7, 100, 14, 0.93, true
	}),
	operation("bursts", "bursts of one of 10 customers, caps 4 to 6", func(o *Operation) {
		o.Customers, o.Bursts, o.Cap, o.Load, o.Agents = 10, 0.8, [2]int{4, 6}, 0.9, 18
	}),
}

// agentProfile is what no policy can change about an agent.
type agentProfile struct {
	groups     []int
	speed      float64
	groupSpeed map[int]float64
	phase      float64 // of the drift
	cap        int
	from, to   float64 // shift
	incidents  []incident
}

type incident struct {
	kind     string // "vanish", "loss" or "break"
	from, to float64
}

type arrival struct {
	t                         float64
	group, customer, priority int
}

// scenario is everything about a run that no policy can change.
type scenario struct {
	end      float64 // of arrivals
	handling []float64
	profiles []agentProfile
	arrivals []arrival
}

// newScenario draws a scenario, the same for the same seed.
func newScenario(o *Operation, seed uint64) *scenario {
	p := &scenario{end: o.Hours * 3600}
	l := newRandom(seed, randomAgents)
	for range o.Groups {
		p.handling = append(p.handling, l.between(o.Handling[0], o.Handling[1]))
	}
	for i := range o.Agents {
		p.profiles = append(p.profiles, newAgentProfile(o, p.end, i, l, seed))
	}
	p.addArrivals(o, newRandom(seed, randomArrivals))
	return p
}

func newAgentProfile(o *Operation, end float64, i int, l random, seed uint64) agentProfile {
	a := agentProfile{
		speed: l.lognormal(o.SpeedSD), groupSpeed: map[int]float64{}, phase: l.between(0, 2*math.Pi),
		cap: o.Cap[0] + l.IntN(o.Cap[1]-o.Cap[0]+1), to: math.Inf(1),
	}
	if l.chance(o.TwiceSlow) {
		a.speed *= 2
	}
	for g := range o.Groups {
		own, extra := l.lognormal(0.15), l.chance(o.ExtraGroups/math.Max(1, float64(o.Groups-1)))
		if g == i%o.Groups || extra {
			a.groups = append(a.groups, g)
			a.groupSpeed[g] = own
		}
	}
	if o.Shifts {
		switch i / o.Groups % 4 {
		case 1:
			a.to = end * l.between(0.6, 0.75)
		case 2:
			a.from = end * l.between(0.2, 0.35)
		}
	}
	a.addIncidents(o, math.Min(a.to, end)-900, newRandom(seed, randomIncidents, i))
	return a
}

// addIncidents draws breaks, lost connections and silent absences, never two at a time.
func (a *agentProfile) addIncidents(o *Operation, end float64, l random) {
	rate := o.Breaks + o.Vanish + o.Losses
	if rate == 0 {
		return
	}
	for t := a.from; ; {
		t += l.exponential(3600/rate) + 60
		in := incident{from: t}
		switch x := l.Float64() * rate; {
		case x < o.Breaks:
			in.kind, in.to = "break", t+l.between(600, 1200)
		case x < o.Breaks+o.Vanish:
			in.kind, in.to = "vanish", t+90+l.exponential(o.VanishFor-90)
		default:
			in.kind, in.to = "loss", t+5+l.exponential(o.LossFor)
		}
		if in.to > end {
			return
		}
		a.incidents = append(a.incidents, in)
		t = in.to
	}
}

// addArrivals draws the arrivals of chats: the offered work is spread over the groups by the capacity of their agents, with a daily
// shape and bursts.
func (p *scenario) addArrivals(o *Operation, l random) {
	share := make([]float64, o.Groups) // work per second that a group gets
	for _, a := range p.profiles {
		present := (math.Min(a.to, p.end) - a.from) / p.end
		for _, in := range a.incidents {
			present -= (in.to - in.from) / p.end
		}
		for _, g := range a.groups {
			share[g] += present / (a.speed * a.groupSpeed[g]) / float64(len(a.groups))
		}
	}
	rate := make([]float64, o.Groups) // chats per second
	total := 0.0
	perChat := o.Exchanges * (1 - o.DropOuts/2)
	for g := range rate {
		rate[g] = o.Load * share[g] / (perChat * p.handling[g]) * l.between(0.85, 1.15)
		total += rate[g]
	}
	newChat := func(t float64, customer int) {
		a := arrival{t: milli(t), customer: customer}
		x := l.Float64() * total
		for a.group < o.Groups-1 && x >= rate[a.group] {
			x -= rate[a.group]
			a.group++
		}
		if l.chance(o.HighPriority) {
			a.priority = 1
		}
		p.arrivals = append(p.arrivals, a)
	}
	const burst = 600.0 // seconds
	burstRate := total * 0.8
	usual := total - burstRate*burst*o.Bursts/3600
	shape := func(t float64) float64 { return 1 - 0.25*math.Cos(2*math.Pi*t/p.end) }
	for t := l.exponential(1 / usual / 1.25); t < p.end; t += l.exponential(1 / usual / 1.25) {
		if l.chance(shape(t) / 1.25) {
			newChat(t, int(float64(o.Customers)*l.Float64()*l.Float64()))
		}
	}
	if o.Bursts > 0 {
		for t := l.exponential(3600 / o.Bursts); t < p.end-burst; t += burst + l.exponential(3600/o.Bursts) {
			customer := l.IntN(o.Customers)
			for s := l.exponential(1 / burstRate); s < burst; s += l.exponential(1 / burstRate) {
				newChat(t+s, customer)
			}
		}
	}
	sort.SliceStable(p.arrivals, func(i, j int) bool { return p.arrivals[i].t < p.arrivals[j].t })
}

func milli(t float64) float64 { return math.Round(t*1000) / 1000 }
