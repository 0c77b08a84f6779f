package suggest

import "unsafe"

// Bytes estimates the memory that the engine takes, the entries' texts included. It waits for who changes the engine.
func (e *Engine) Bytes() int {
	e.writing.Lock()
	defer e.writing.Unlock()
	n := int(unsafe.Sizeof(*e)) + len(e.places)*mapCell
	for _, x := range e.entries {
		n += mapCell + len(x.ID) + sizes(x.Texts)
		for _, t := range x.Texts {
			n += len(t.Language) + len(t.Question) + len(t.Answer)
		}
	}
	for _, l := range e.since {
		n += int(unsafe.Sizeof(l)) + sizes(l.message)
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	return n + e.cold.bytes() + e.learned.bytes()
}

// mapCell is what a cell of a map from ids takes, empty ones beside it included.
const mapCell = 100

func sizes[S ~[]V, V any](list S) int {
	var v V
	return cap(list) * int(unsafe.Sizeof(v))
}

func (c *cold) bytes() int {
	n := sizes(c.ids) + sizes(c.texts) + c.words.bytes() + c.grams.bytes() + sizes(c.gramTexts) + sizes(c.spellings) + sizes(c.tongues.all)
	for _, s := range c.spellings {
		n += len(s.stem)
	}
	return n + len(c.known)*40
}

func (p *postings) bytes() int { return sizes(p.starts) + sizes(p.all) }

func (l *learned) bytes() int {
	n := sizes(l.cells.lists) + sizes(l.cells.all) + sizes(l.slopes) + sizes(l.entries) + sizes(l.kept) + sizes(l.waved) + sizes(l.rarity)
	for _, free := range l.cells.free {
		n += sizes(free)
	}
	for _, list := range [][]kept{l.kept, l.waved} {
		for _, k := range list {
			n += sizes(k.message)
		}
	}
	for _, x := range l.entries {
		n += sizes(x.questions)
		for _, k := range x.questions {
			n += sizes(k.message)
		}
	}
	return n
}
