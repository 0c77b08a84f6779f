package suggest

import "unsafe"

// Bytes estimates the memory that the engine takes, the entries' texts included. It waits for who changes the engine.
func (e *Engine) Bytes() int {
	e.writing.Lock()
	defer e.writing.Unlock()
	n := int(unsafe.Sizeof(*e)) + len(e.slots)*mapCellBytes
	for _, x := range e.entries {
		n += mapCellBytes + len(x.ID) + sliceBytes(x.Texts)
		for _, t := range x.Texts {
			n += len(t.Language) + len(t.Question) + len(t.Answer)
		}
	}
	for _, l := range e.pending {
		n += int(unsafe.Sizeof(l)) + sliceBytes(l.message)
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	return n + e.index.bytes() + e.model.bytes()
}

// mapCellBytes is what a cell of a map from ids takes, empty ones beside it included.
const mapCellBytes = 100

func sliceBytes[S ~[]V, V any](list S) int {
	var v V
	return cap(list) * int(unsafe.Sizeof(v))
}

func (c *textIndex) bytes() int {
	n := sliceBytes(c.ids) + sliceBytes(c.texts) + c.words.bytes() + c.grams.bytes() + sliceBytes(c.gramTexts) + sliceBytes(c.spellings) + sliceBytes(c.detector.all)
	for _, s := range c.spellings {
		n += len(s.stem)
	}
	return n + len(c.known)*40
}

func (p *postings) bytes() int { return sliceBytes(p.starts) + sliceBytes(p.all) }

func (l *model) bytes() int {
	n := sliceBytes(l.weights.lists) + sliceBytes(l.weights.all) + sliceBytes(l.slopes) + sliceBytes(l.entries) + sliceBytes(l.stored) + sliceBytes(l.dismissals) + sliceBytes(l.rarity)
	for _, free := range l.weights.free {
		n += sliceBytes(free)
	}
	for _, list := range [][]storedMessage{l.stored, l.dismissals} {
		for _, k := range list {
			n += sliceBytes(k.message)
		}
	}
	for _, x := range l.entries {
		n += sliceBytes(x.questions)
		for _, k := range x.questions {
			n += sliceBytes(k.message)
		}
	}
	return n
}
