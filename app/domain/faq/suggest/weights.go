package suggest

import (
	"math"
	"math/bits"
)

// weightTable are the weights of pairs of a feature and an entry. There are very many short lists of them, so they lie in one piece of
// memory, in blocks of powers of two.
type weightTable struct {
	lists []weightList // by feature
	all   []weightCell
	free  [17][]uint32 // blocks that are not used, by the power
}

type weightList struct {
	from     uint32
	length   uint16
	power    uint8 // of the block's size
	hasBlock bool  // has a block at all
}

type weightCell struct {
	place  uint16
	weight int16 // in units
}

// weightUnit is what a weight is measured in; a weight is at most 16, either way.
const weightUnit = 1.0 / 2048

func newWeightTable() weightTable { return weightTable{lists: make([]weightList, 1<<16)} }

func (c *weightTable) count(feature uint16) int { return int(c.lists[feature].length) }

func (c *weightTable) of(feature uint16) []weightCell {
	l := c.lists[feature]
	return c.all[l.from : l.from+uint32(l.length)]
}

// add makes a cell with weight 0, if it is not there.
func (c *weightTable) add(feature, place uint16) {
	for _, x := range c.of(feature) {
		if x.place == place {
			return
		}
	}
	l := &c.lists[feature]
	if !l.hasBlock || int(l.length) == 1<<l.power {
		c.grow(l)
	}
	c.all[l.from+uint32(l.length)] = weightCell{place: place}
	l.length++
}

// grow gives a list a block of twice the size.
func (c *weightTable) grow(l *weightList) {
	power := uint8(0)
	if l.hasBlock {
		power = l.power + 1
	}
	var from uint32
	if free := c.free[power]; len(free) > 0 {
		from = free[len(free)-1]
		c.free[power] = free[:len(free)-1]
	} else {
		from = uint32(len(c.all))
		if need := len(c.all) + 1<<power; need > cap(c.all) {
			all := make([]weightCell, len(c.all), need+need/4) // append would double it
			copy(all, c.all)
			c.all = all
		}
		c.all = c.all[:len(c.all)+1<<power]
	}
	copy(c.all[from:], c.all[l.from:l.from+uint32(l.length)])
	if l.hasBlock {
		c.free[l.power] = append(c.free[l.power], l.from)
	}
	*l = weightList{from: from, length: l.length, power: power, hasBlock: true}
}

// remove takes out the cells of entries, and packs the rest.
func (c *weightTable) remove(gone map[uint16]bool) {
	packed := newWeightTable()
	packed.all = make([]weightCell, 0, len(c.all))
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
		*l = weightList{from: uint32(len(packed.all)), power: uint8(bits.Len(uint(n - 1))), hasBlock: true}
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
func (x *weightCell) move(by float32) {
	if by < 0 {
		by--
	}
	w := int32(x.weight) + int32(by+0.5) // rounds to the nearest
	x.weight = int16(max(-math.MaxInt16, min(w, math.MaxInt16)))
}
