package suggest

import (
	"math"
	"math/bits"
)

// cells are the weights of pairs of a feature and an entry. There are very many short lists of them, so they lie in one piece of
// memory, in blocks of powers of two.
type cells struct {
	lists []list // by feature
	all   []cell
	free  [17][]uint32 // blocks that are not used, by the power
}

type list struct {
	from   uint32
	length uint16
	power  uint8 // of the block's size
	some   bool  // has a block at all
}

type cell struct {
	place  uint16
	weight int16 // in units
}

// unit is what a weight is measured in; a weight is at most 16, either way.
const unit = 1.0 / 2048

func newCells() cells { return cells{lists: make([]list, 1<<16)} }

func (c *cells) count(feature uint16) int { return int(c.lists[feature].length) }

func (c *cells) of(feature uint16) []cell {
	l := c.lists[feature]
	return c.all[l.from : l.from+uint32(l.length)]
}

// add makes a cell with weight 0, if it is not there.
func (c *cells) add(feature, place uint16) {
	for _, x := range c.of(feature) {
		if x.place == place {
			return
		}
	}
	l := &c.lists[feature]
	if !l.some || int(l.length) == 1<<l.power {
		c.widen(l)
	}
	c.all[l.from+uint32(l.length)] = cell{place: place}
	l.length++
}

// widen gives a list a block of twice the size.
func (c *cells) widen(l *list) {
	power := uint8(0)
	if l.some {
		power = l.power + 1
	}
	var from uint32
	if free := c.free[power]; len(free) > 0 {
		from = free[len(free)-1]
		c.free[power] = free[:len(free)-1]
	} else {
		from = uint32(len(c.all))
		if need := len(c.all) + 1<<power; need > cap(c.all) {
			all := make([]cell, len(c.all), need+need/4) // append would double it
			copy(all, c.all)
			c.all = all
		}
		c.all = c.all[:len(c.all)+1<<power]
	}
	copy(c.all[from:], c.all[l.from:l.from+uint32(l.length)])
	if l.some {
		c.free[l.power] = append(c.free[l.power], l.from)
	}
	*l = list{from: from, length: l.length, power: power, some: true}
}

// remove takes out the cells of entries, and packs the rest.
func (c *cells) remove(gone map[uint16]bool) {
	packed := newCells()
	packed.all = make([]cell, 0, len(c.all))
	for f := range c.lists {
		n := 0
		for _, x := range c.of(uint16(f)) {
			if !gone[x.place] {
				n++
			}
		}
		if n == 0 {
			continue
		}
		l := &packed.lists[f]
		*l = list{from: uint32(len(packed.all)), power: uint8(bits.Len(uint(n - 1))), some: true}
		packed.all = packed.all[:len(packed.all)+1<<l.power]
		for _, x := range c.of(uint16(f)) {
			if !gone[x.place] {
				packed.all[l.from+uint32(l.length)] = x
				l.length++
			}
		}
	}
	*c = packed
}

// move adds to the weight, in units, as far as it goes.
func (x *cell) move(by float32) {
	if by < 0 {
		by--
	}
	w := int32(x.weight) + int32(by+0.5) // rounds to the nearest
	x.weight = int16(max(-math.MaxInt16, min(w, math.MaxInt16)))
}
