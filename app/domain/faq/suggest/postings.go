package suggest

import "math"

// postings say which texts have a feature, and how much it weighs there. Features are known by their hash alone; that two share a
// place is rare enough.
type postings struct {
	bits   int
	starts []uint32
	all    []posting
}

type posting struct {
	text   uint16
	weight uint16
}

// foundFeature is a feature of a text while the postings are being gathered.
type foundFeature struct {
	hash   uint32
	text   uint16
	weight float32
}

// bitsFor is how much of the hash is used for so many features.
func bitsFor(n int) int {
	bits := 8
	for bits < 18 && 1<<bits < n {
		bits++
	}
	return bits
}

// newPostings lays out what was found. The weights are at most top.
func newPostings(all []foundFeature, top float32) postings {
	p := postings{bits: bitsFor(len(all))}
	p.starts = make([]uint32, 1<<p.bits+2)
	p.all = make([]posting, len(all))
	for _, f := range all { // starts is two places ahead, while it counts, and one while it is filled
		p.starts[p.place(f.hash)+2]++
	}
	for i := 2; i < len(p.starts); i++ {
		p.starts[i] += p.starts[i-1]
	}
	for _, f := range all {
		at := &p.starts[p.place(f.hash)+1]
		p.all[*at] = posting{f.text, uint16(min(f.weight/top, 1) * math.MaxUint16)}
		*at++
	}
	return p
}

func (p *postings) place(hash uint32) uint32 { return hash >> (32 - p.bits) }

// of returns the texts that have a feature.
func (p *postings) of(hash uint32) []posting {
	at := p.place(hash)
	return p.all[p.starts[at]:p.starts[at+1]]
}
