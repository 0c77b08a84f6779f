package queue

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/fail"
	"parley/app/queue/internal/queuedb"
)

// Board is what a supervisor watches.
type Board struct {
	Groups  []GroupInfo
	Waiting []TalkInfo // the heads of the queues, oldest first
	Behind  int        // conversations that wait behind those
	Agents  []AgentInfo
	At      time.Time
	Figures bool // persons' figures are there
}

// waitingShown is how many of those who wait a board names, and talksShown how many of an agent's conversations.
const (
	waitingShown = 50
	talksShown   = 30
)

// AgentInfo is an agent with its live figures. Speeds are personal data: only for managers.
type AgentInfo struct {
	ID      uuid.UUID
	Name    string
	Status  Status
	Since   time.Time
	Suspect bool
	Open    int
	Cap     int
	Live    float64 // of Open, as far as they are alive
	Backlog float64 // seconds of unanswered work
	Busy    float64 // share of the last hour or so
	Speed   float64 // by the groups' average: 1.3 is 30 % slower
	Groups  []PlaceInfo
	Talks   []TalkInfo // the longest unanswered first, at most talksShown
	Others  int        // conversations of the agent beyond those
}

// PlaceInfo is an agent's speed in a group, with the replies behind it.
type PlaceInfo struct {
	Group   string
	Helper  bool
	Speed   float64
	Replies int
}

// TalkInfo is a running conversation.
type TalkInfo struct {
	ID      uuid.UUID
	Visitor uuid.UUID
	Name    string
	Group   string
	Share   bool      // its customer has all of its share: it waits for that
	Waiting time.Time // since then for an answer; zero: it does not
}

// Board returns what is going on, for who may watch. Speeds are there only for managers.
func (r *Room) Board(ctx context.Context, who access.Actor) (Board, error) {
	t, err := r.db.For(who, access.Watch)
	if err != nil {
		return Board{}, err
	}
	q := queuedb.New(t)
	set, err := q.RouteSettings(ctx)
	if err != nil {
		return Board{}, err
	}
	l, err := readState(ctx, q, set)
	if err != nil {
		return Board{}, err
	}
	if err := l.loadLine(ctx, q, l.everyGroup(), waitingShown); err != nil {
		return Board{}, err
	}
	lengths, err := q.LineLengths(ctx)
	if err != nil {
		return Board{}, err
	}
	b := Board{At: set.Now}
	w := newWork(&l.State)
	for i := range l.groups {
		info := l.info(w, i, lengths)
		if who.Limited() { // they change with the other customers' conversations
			info.Able, info.Free = info.Online, -1
		}
		b.Groups = append(b.Groups, info)
	}
	share := func(customer uuid.UUID) bool {
		return w.shareUsed(l.customer(customer))
	}
	for _, c := range l.line {
		b.Waiting = append(b.Waiting, TalkInfo{Share: share(c.CustomerID), ID: c.ID, Visitor: c.VisitorID, Name: c.VisitorName, Group: l.groupName(c.GroupID), Waiting: c.LineSince})
	}
	slices.SortStableFunc(b.Waiting, func(a, b TalkInfo) int { return a.Waiting.Compare(b.Waiting) })
	b.Waiting = b.Waiting[:min(len(b.Waiting), waitingShown)]
	if len(b.Waiting) == waitingShown {
		for _, n := range lengths {
			b.Behind += int(n.Waiting)
		}
		b.Behind = max(0, b.Behind-waitingShown)
	}
	manages := who.May(access.Manage) && !who.Limited() // persons' figures are of their work for all customers
	b.Figures = manages
	for i, a := range l.agents {
		if who.Limited() && a.Limited && !slices.ContainsFunc(a.Customers, who.Serves) {
			continue
		}
		x := w.look(i)
		info := AgentInfo{ID: a.UserID, Name: a.Name, Status: Status(a.Status), Since: a.StatusAt, Suspect: a.SuspectSince != nil, Open: int(a.OpenChats),
			Cap: int(a.HardCap), Live: x.live, Backlog: x.backlog}
		if manages {
			info.Busy, info.Speed = x.share, l.Agents[i].Sums.speed()
		}
		for _, p := range l.places {
			if p.UserID == a.UserID {
				place := PlaceInfo{Group: l.groupName(p.GroupID), Helper: p.Helper}
				if manages {
					place.Speed, place.Replies = l.Agents[i].Sums.speed()*(Sums{p.Took, p.Expected}).speedIn(), int(p.Replies)
				}
				info.Groups = append(info.Groups, place)
			}
		}
		for _, c := range l.talks {
			if c.AgentID != nil && *c.AgentID == a.UserID {
				talk := TalkInfo{ID: c.ID, Visitor: c.VisitorID, Name: c.VisitorName, Group: l.groupName(c.GroupID)}
				if c.WaitingSince != nil {
					talk.Waiting = *c.WaitingSince
				}
				info.Talks = append(info.Talks, talk)
			}
		}
		if who.Limited() { // of the others, not even how many
			info.Open = len(info.Talks)
		}
		slices.SortStableFunc(info.Talks, func(a, b TalkInfo) int { // who waits longest first
			if none := a.Waiting.IsZero(); none != b.Waiting.IsZero() {
				return map[bool]int{true: 1, false: -1}[none]
			}
			return a.Waiting.Compare(b.Waiting)
		})
		if info.Others = len(info.Talks) - talksShown; info.Others > 0 {
			info.Talks = info.Talks[:talksShown]
		}
		info.Others = max(0, info.Others)
		b.Agents = append(b.Agents, info)
	}
	slices.SortStableFunc(b.Agents, func(a, b AgentInfo) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	return b, nil
}

func (l *loaded) info(w *work, i int, lengths []queuedb.LineLengthsRow) GroupInfo {
	g := l.groups[i]
	info := GroupInfo{ID: g.ID, Main: g.Main, Open: l.hours[i].Open(time.Now()), Pace: l.Groups[i].Pace, Online: len(w.groups[i].online),
		Settings: Settings{Name: g.Name, Everyone: g.Everyone, Automatic: g.Automatic, Picking: g.Picking, Priority: int(g.Priority),
			After: time.Duration(g.OverflowAfter) * time.Second, Hours: l.hours[i]}}
	if g.OverflowID != nil {
		info.Overflow = *g.OverflowID
	}
	for _, s := range w.groups[i].online {
		if w.mayTake(s, nil) == "" {
			info.Able++
			info.Free += l.Agents[s.agent].Cap - w.agents[s.agent].open
		}
	}
	for _, n := range lengths {
		if n.GroupID == g.ID {
			info.Waiting, info.Since = int(n.Waiting), n.Since
		}
	}
	return info
}

// Groups lists the groups with their live figures, for who may watch.
func (r *Room) Groups(ctx context.Context, who access.Actor) ([]GroupInfo, error) {
	b, err := r.Board(ctx, who)
	return b.Groups, err
}

// Group returns one group.
func (r *Room) Group(ctx context.Context, who access.Actor, id uuid.UUID) (GroupInfo, Board, error) {
	b, err := r.Board(ctx, who)
	if err != nil {
		return GroupInfo{}, b, err
	}
	for _, g := range b.Groups {
		if g.ID == id {
			return g, b, nil
		}
	}
	return GroupInfo{}, b, fail.Missing("group")
}

// Had is one agent's time with a conversation, and why it got it.
type Had struct {
	Agent   string
	Group   string
	How     string
	By      string // whose act it was; empty: routing's
	At      time.Time
	Ended   time.Time // zero: it has it still
	Finish  string    // how it ended
	Reasons []string  // sentences
}

// History says who has had a conversation and why, for managers.
func (r *Room) History(ctx context.Context, who access.Actor, conversation uuid.UUID) ([]Had, error) {
	t, err := r.db.For(who, access.Manage)
	if err != nil {
		return nil, err
	}
	q := queuedb.New(t)
	rows, err := q.History(ctx, conversation)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	people, err := q.ListNames(ctx)
	if err != nil {
		return nil, err
	}
	names := map[uuid.UUID]string{}
	for _, p := range people {
		names[p.ID] = p.Name
	}
	list := make([]Had, len(rows))
	for i, row := range rows {
		list[i] = Had{Agent: row.AgentName, Group: row.GroupName, How: row.How, By: row.ByName, At: row.At, Finish: row.Ended}
		if row.EndedAt != nil {
			list[i].Ended = *row.EndedAt
		}
		if len(row.Why) > 0 && !who.Limited() { // it tells of colleagues' other conversations
			var why Why
			if err := json.Unmarshal(row.Why, &why); err != nil {
				return nil, err
			}
			list[i].Reasons = why.Sentences(names)
		}
	}
	return list, nil
}

// Sentences are the reasons in words.
func (w Why) Sentences(names map[uuid.UUID]string) []string {
	name := func(id uuid.UUID) string {
		if n := names[id]; n != "" {
			return n
		}
		return "somebody"
	}
	t := w.Winner
	list := []string{
		fmt.Sprintf("It had waited %s. %s was expected to answer it within %s: %s for what waited already, and %s for this message.",
			span(w.Waited), name(t.Agent), span(t.Backlog+t.Work), span(t.Backlog), span(t.Work)),
		fmt.Sprintf("%s had %s (%.1f of them still going), takes %.2f times as long for a message as the group on average, and had been busy %.0f %% of the last hour or so (the group: %.0f %%). The answers to the others were expected to come %s later, taken together.",
			name(t.Agent), plural(t.Open, "other open conversation"), t.Live, t.Speed, 100*t.Busy, 100*t.GroupBusy, span(t.Harm/harmCounts)),
	}
	if t.Former {
		list = append(list, name(t.Agent)+" had it, or its visitor, before: that counted for a minute.")
	}
	switch {
	case w.RunnerUp != nil:
		list = append(list, fmt.Sprintf("Next best of %d who could take it: %s, %s worse in all (expected to answer within %s; busy %.0f %%).",
			w.Candidates, name(w.RunnerUp.Agent), span(w.RunnerUp.Score-t.Score), span(w.RunnerUp.Backlog+w.RunnerUp.Work), 100*w.RunnerUp.Busy))
	default:
		list = append(list, "Nobody else could take it.")
	}
	if len(w.PassedOver) > 0 {
		parts := make([]string, len(w.PassedOver))
		for i, p := range w.PassedOver {
			parts[i] = name(p.Agent) + " (" + p.Reason + ")"
		}
		list = append(list, "Passed over: "+strings.Join(parts, ", ")+".")
	}
	return list
}

// span is seconds as a person says them.
func span(s float64) string {
	s = math.Round(math.Max(0, s))
	if s < 120 {
		return fmt.Sprintf("%.0f s", s)
	}
	return fmt.Sprintf("%.0f min", s/60)
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
