package routing

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"

	"parley/app/domain/presence"
)

// Drive reads events from in, one JSON object a line, and writes the decisions that Plan makes to out. It measures the rule
// without a database ("parley route --stdio"). It returns when in ends, or with the first line that is not JSON. Events come in
// the order of their times ("t", seconds):
//
//	init            n_groups, n_customers
//	agent_state     agent, status, cap, groups
//	chat_queued     chat, group, customer, priority, waiting, since, first, requeued
//	chat_assigned   chat, agent
//	chat_unassigned chat, agent
//	visitor_message chat, agent
//	agent_reply     chat, agent, first
//	chat_closed     chat, agent, outcome
//	tick
//	decide          seq: answered by {"seq", "assign": [{"chat", "agent", "why"}], "release": [{"chat", "agent"}]}
func Drive(in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 64<<10), 1<<20)
	w := bufio.NewWriter(out)
	p := newReplayer()
	for n := 1; lines.Scan(); n++ {
		if len(lines.Bytes()) == 0 {
			continue
		}
		var e protocolEvent
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		if e.Ev == "decide" {
			if err := json.NewEncoder(w).Encode(p.decide(e)); err != nil {
				return err
			}
			if err := w.Flush(); err != nil {
				return err
			}
			continue
		}
		p.apply(e)
	}
	return lines.Err()
}

// protocolEvent has the fields of every event that Drive knows.
type protocolEvent struct {
	Ev       string          `json:"ev"`
	T        float64         `json:"t"`
	Seq      int             `json:"seq"`
	Groups   []int           `json:"groups"`
	NGroups  int             `json:"n_groups"`
	Agent    int             `json:"agent"`
	Status   presence.Status `json:"status"`
	Cap      int             `json:"cap"`
	Chat     int             `json:"chat"`
	Group    int             `json:"group"`
	Customer int             `json:"customer"`
	Priority float64         `json:"priority"`
	Waiting  bool            `json:"waiting"`
	Since    float64         `json:"since"`
	First    bool            `json:"first"`
	Requeued bool            `json:"requeued"`
}

// protocolDecision is the answer to "decide".
type protocolDecision struct {
	Seq     int            `json:"seq"`
	Assign  []protocolMove `json:"assign,omitempty"`
	Release []protocolMove `json:"release,omitempty"`
}

// protocolMove names a chat, and the agent who gets or loses it.
type protocolMove struct {
	Chat   int    `json:"chat"`
	Agent  int    `json:"agent"`
	Reason string `json:"why,omitempty"`
}
