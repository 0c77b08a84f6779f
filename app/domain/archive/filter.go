package archive

import (
	"context"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/archive/internal/archivedb"
	"parley/app/platform/access"
)

// Filter narrows the archive; what is zero narrows nothing, and all that is set holds together.
type Filter struct {
	Text      string // words, and "phrases"
	Customer  uuid.UUID
	Website   uuid.UUID
	Group     uuid.UUID
	Agent     uuid.UUID // who had it last
	AgentName string    // the same by the name the visitor read, which is how a reviewer knows agents
	Tag       uuid.UUID
	Rating    string    // one of RatingChoices
	From      time.Time // closed then or later
	Until     time.Time // closed before
}

// RatingChoices are the choices of Filter.Rating.
var RatingChoices = []Choice{
	{"good", "Good (4–5 stars or thumbs up)"},
	{"fair", "Fair (3 stars)"},
	{"bad", "Bad (1–2 stars or thumbs down)"},
	{"any", "Rated"},
	{"none", "Not rated"},
}

// forReader is the filter as far as the reader may use it. It names a reviewer's customer in addition to the policy, because no index
// serves the policy. A reviewer cannot filter by what only the team sees.
func (f Filter) forReader(actor access.Actor) Filter {
	if _, only := actor.OnlyCustomer(); only {
		f.Customer, f.Group, f.Agent, f.Tag = actor.ScopeID(), uuid.Nil, uuid.Nil, uuid.Nil
	}
	return f
}

// listParams is the filter as a query has it.
func (f Filter) listParams() archivedb.ListArchivedParams {
	return archivedb.ListArchivedParams{
		Customer:    optional(f.Customer),
		Website:     optional(f.Website),
		GroupID:     optional(f.Group),
		Agent:       optional(f.Agent),
		AgentName:   optional(f.AgentName),
		Tag:         optional(f.Tag),
		Rating:      optional(f.Rating),
		ClosedFrom:  optional(f.From),
		ClosedUntil: optional(f.Until),
	}
}

// optional is a value that may be left out.
func optional[V comparable](v V) *V {
	var zero V
	if v == zero {
		return nil
	}
	return &v
}

// Choice is one value of a filter: an id, or for a reviewer's agents the name.
type Choice struct{ Value, Name string }

// Choices are the values of all filters of a reader; those of filters that the reader has not are empty.
type Choices struct{ Customers, Websites, Groups, Agents, Tags []Choice }

// Choices returns the values of the filters for a reader.
func (s *Service) Choices(ctx context.Context, actor access.Actor) (c Choices, err error) {
	err = s.readTx(ctx, actor, func(q *archivedb.Queries) error {
		websites, err := q.ListWebsiteChoices(ctx)
		if err != nil {
			return err
		}
		several := len(websites) > 0 && websites[0].CustomerName != websites[len(websites)-1].CustomerName
		for _, w := range websites {
			name := w.Name
			if several {
				name = w.CustomerName + " · " + w.Name
			}
			c.Websites = append(c.Websites, Choice{w.ID.String(), name})
		}
		if _, only := actor.OnlyCustomer(); only {
			names, err := q.ListAgentNameChoices(ctx, actor.ScopeID())
			for _, name := range names {
				c.Agents = append(c.Agents, Choice{name, name})
			}
			return err
		}
		return c.addStaffChoices(ctx, q)
	})
	return c, err
}

// addStaffChoices adds the values of filters that only the team has.
func (c *Choices) addStaffChoices(ctx context.Context, q *archivedb.Queries) error {
	customers, err := q.ListCustomerChoices(ctx)
	if err != nil {
		return err
	}
	for _, x := range customers {
		c.Customers = append(c.Customers, Choice{x.ID.String(), x.Name})
	}
	groups, err := q.ListGroupChoices(ctx)
	if err != nil {
		return err
	}
	for _, x := range groups {
		c.Groups = append(c.Groups, Choice{x.ID.String(), x.Name})
	}
	agents, err := q.ListAgentChoices(ctx)
	if err != nil {
		return err
	}
	for _, x := range agents {
		name := x.Name
		if x.Gone {
			name += " (disabled)"
		}
		c.Agents = append(c.Agents, Choice{x.ID.String(), name})
	}
	tags, err := q.ListTagChoices(ctx)
	for _, x := range tags {
		c.Tags = append(c.Tags, Choice{x.ID.String(), x.Name})
	}
	return err
}
