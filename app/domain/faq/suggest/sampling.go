package suggest

import "math"

// The messages that are remembered do not depend on the order in which they came: of too many, those with the smallest keys stay, and
// a key is as good as chance.

// messageKey is a number that tells a message from others.
func messageKey(m message) uint32 {
	h := uint32(len(m))
	for _, f := range m {
		h = mixHash(h*31 + uint32(f))
	}
	return h
}

// store keeps a message, as one of a fair sample of those of its entry.
func (l *model) store(m message, place uint16, size float32) {
	l.addPairs(m, place)
	k := storedMessage{place: place, key: messageKey(m), size: size, message: m}
	for i := range l.stored {
		if same := &l.stored[i]; same.place == place && same.key == k.key {
			same.size = min(same.size+size, maxMessageSize)
			return
		}
	}
	own := &l.entries[place]
	if own.messages < maxStoredPerEntry && len(l.stored) < maxStored {
		l.stored = append(l.stored, k)
		own.messages++
		return
	}
	from := place
	if own.messages < maxStoredPerEntry { // at the cost of whoever has most
		l.incomplete = true
		for i := range l.entries {
			if l.entries[i].messages > max(l.entries[from].messages, own.messages+1) {
				from = uint16(i)
			}
		}
	}
	if worst := greatestKey(l.stored, from); worst >= 0 && (from != place || k.key < l.stored[worst].key) {
		l.stored[worst] = k
		l.entries[from].messages--
		own.messages++
	}
}

// greatestKey is where the message of an entry with the greatest key is, or -1.
func greatestKey(all []storedMessage, place uint16) int {
	at := -1
	for i := range all {
		if all[i].place == place && (at < 0 || all[i].key > all[at].key) {
			at = i
		}
	}
	return at
}

// dismiss takes in that an entry was waved away at a message: it alone gets a little less likely there.
func (l *model) dismiss(s *scratch, m message, place uint16) {
	l.entries[place].dismissed++
	k := storedMessage{place: place, key: messageKey(m), message: m}
	n := 0
	for i := range l.dismissals {
		if l.dismissals[i].place == place {
			n++
		}
	}
	if n < maxDismissals && len(l.dismissals) < maxStored/4 {
		l.dismissals = append(l.dismissals, k)
	} else if worst := greatestKey(l.dismissals, place); worst >= 0 && k.key < l.dismissals[worst].key {
		l.dismissals[worst] = k
	}
	l.storeDismissal(s, m, place)
}

func (l *model) storeDismissal(s *scratch, m message, place uint16) {
	for _, f := range m {
		if f.sort() != featureGram {
			l.weights.add(f.place(), place)
		}
	}
	l.measureFeatures(m, s)
	for i, f := range m {
		pace := dismissalFactor * learningRate * s.values[i] / float32(math.Sqrt(float64(l.slopes[f.place()])+0.01)) / weightUnit
		all := l.weights.of(f.place())
		for j := range all {
			if all[j].place == place {
				all[j].move(-pace)
			}
		}
	}
}
