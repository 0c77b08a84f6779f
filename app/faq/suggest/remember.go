package suggest

import "math"

// The messages that are remembered do not depend on the order in which they came: of too many, those with the smallest keys stay, and
// a key is as good as chance.

// keyOf is a number that tells a message from others.
func keyOf(m message) uint32 {
	h := uint32(len(m))
	for _, f := range m {
		h = mixed(h*31 + uint32(f))
	}
	return h
}

// remember keeps a message, as one of a fair sample of those of its entry.
func (l *learned) remember(m message, place uint16, size float32) {
	l.meet(m, place)
	k := kept{place: place, key: keyOf(m), size: size, message: m}
	for i := range l.kept {
		if same := &l.kept[i]; same.place == place && same.key == k.key {
			same.size = min(same.size+size, mostSize)
			return
		}
	}
	own := &l.entries[place]
	if own.messages < mostKept && len(l.kept) < mostTotal {
		l.kept = append(l.kept, k)
		own.messages++
		return
	}
	from := place
	if own.messages < mostKept { // at the cost of whoever has most
		l.partial = true
		for i := range l.entries {
			if l.entries[i].messages > max(l.entries[from].messages, own.messages+1) {
				from = uint16(i)
			}
		}
	}
	if worst := greatest(l.kept, from); worst >= 0 && (from != place || k.key < l.kept[worst].key) {
		l.kept[worst] = k
		l.entries[from].messages--
		own.messages++
	}
}

// greatest is where the message of an entry with the greatest key is, or -1.
func greatest(all []kept, place uint16) int {
	at := -1
	for i := range all {
		if all[i].place == place && (at < 0 || all[i].key > all[at].key) {
			at = i
		}
	}
	return at
}

// dismiss takes in that an entry was waved away at a message: it alone gets a little less likely there.
func (l *learned) dismiss(s *scratch, m message, place uint16) {
	l.entries[place].dismissed++
	k := kept{place: place, key: keyOf(m), message: m}
	n := 0
	for i := range l.waved {
		if l.waved[i].place == place {
			n++
		}
	}
	if n < mostWaved && len(l.waved) < mostTotal/4 {
		l.waved = append(l.waved, k)
	} else if worst := greatest(l.waved, place); worst >= 0 && k.key < l.waved[worst].key {
		l.waved[worst] = k
	}
	l.wave(s, m, place)
}

func (l *learned) wave(s *scratch, m message, place uint16) {
	for _, f := range m {
		if f.sort() != ofGram {
			l.cells.add(f.place(), place)
		}
	}
	l.measure(m, s)
	for i, f := range m {
		pace := dismissal * rate * s.values[i] / float32(math.Sqrt(float64(l.slopes[f.place()])+0.01)) / unit
		all := l.cells.of(f.place())
		for j := range all {
			if all[j].place == place {
				all[j].move(-pace)
			}
		}
	}
}
