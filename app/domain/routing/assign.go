package routing

// assign assigns every conversation of the queue that an agent can take, and moves those that overflow.
func (w *planner) assign(d *Decision) {
	if len(w.Queue) == 0 {
		return
	}
	var candidates []candidate
	blocked := make([]bool, len(w.Groups)) // no agent of the group can take any conversation
	for _, i := range w.queueOrder() {
		t := &w.Queue[i]
		if w.capacityShareUsed(t.Customer) {
			continue // waits for its customer's capacity share: other agents cannot help
		}
		if !blocked[t.Group] {
			candidates = candidates[:0]
			if !w.Groups[t.Group].Closed {
				candidates = w.candidates(t.Group, t, candidates)
			}
			if len(candidates) > 0 {
				w.assignBest(d, i, candidates)
				continue
			}
			blocked[t.Group] = w.Groups[t.Group].Closed || len(w.candidates(t.Group, nil, candidates[:0])) == 0
		}
		if blocked[t.Group] || len(w.candidates(t.Group, anyConversationOf(t.Customer), candidates[:0])) == 0 {
			w.overflow(d, i)
		}
	}
}

// assignBest assigns conversation i of the queue to the candidate with the lowest score.
func (w *planner) assignBest(d *Decision, i int, candidates []candidate) {
	t := &w.Queue[i]
	best, next, bestScore, nextScore := w.bestCandidates(t, candidates)
	explanation := Explanation{Waited: w.Now - t.WaitingSince, Candidates: len(candidates), Winner: bestScore}
	if next >= 0 {
		explanation.RunnerUp = &nextScore
	}
	if w.Explain {
		explanation.PassedOver = w.passedOver(t)
	}
	d.Assign = append(d.Assign, Assignment{i, best, explanation})
	w.addConversation(best, t)
}

// overflow moves conversation i of the queue, which no agent of its group can take, to the group that takes over, if an agent
// of that one can. The agent is counted to have it, so that no more are moved than can be taken.
func (w *planner) overflow(d *Decision, i int) {
	t := &w.Queue[i]
	g := &w.Groups[t.Group]
	if g.Overflow < 0 || w.Now-t.WaitingSince < g.OverflowAfter || w.Groups[g.Overflow].Closed {
		return
	}
	candidates := w.candidates(g.Overflow, t, nil)
	if len(candidates) == 0 {
		return
	}
	moved := *t
	moved.Group = g.Overflow
	best, _, _, _ := w.bestCandidates(&moved, candidates)
	w.addConversation(best, &moved)
	d.Move = append(d.Move, Move{i, g.Overflow})
}
