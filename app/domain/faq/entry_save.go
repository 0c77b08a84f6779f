package faq

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"parley/app/domain/faq/internal/faqdb"
	"parley/app/domain/settings"
	"parley/app/platform/access"
	"parley/app/platform/events"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
)

// SaveEntry stores an entry: a new one for the zero id, else the one that was read with this version. What an agent writes goes to
// review first where the organization wants that. It returns the entry's id and the state that it got.
func (s *Service) SaveEntry(ctx context.Context, who access.Actor, e Entry) (uuid.UUID, State, error) {
	t, rules, err := s.authorizeEditor(ctx, who)
	if err != nil {
		return uuid.Nil, "", err
	}
	if err := checkStateAndScope(ctx, faqdb.New(t), who, e); err != nil {
		return uuid.Nil, "", err
	}
	return s.storeEntry(ctx, t, who, rules, e)
}

// checkStateAndScope returns fail.Forbidden if the actor may change texts only, and an entry is to get another state or
// scope than it has. A new one is for everybody then, and published as far as its writer may.
func checkStateAndScope(ctx context.Context, q *faqdb.Queries, actor access.Actor, e Entry) error {
	if actor.Can(access.FAQEntrySetState) {
		return nil
	}
	before := Entry{State: Published}
	if e.ID != uuid.Nil {
		var err error
		if before, err = getEntry(ctx, q, e.ID); err != nil {
			return err
		}
		if before.Version != e.Version { // refused because somebody has changed it
			return nil
		}
	}
	if e.State != before.State || e.Scope != before.Scope {
		return fail.New(fail.Forbidden, "Only managers can change the state and scope of an entry. Ask a manager.")
	}
	return nil
}

func (s *Service) storeEntry(ctx context.Context, t *pg.Tenant, who access.Actor, rules settings.Desk, e Entry) (uuid.UUID, State, error) {
	if err := e.check(); err != nil {
		return uuid.Nil, "", err
	}
	if rules.Review && !who.CanFully(access.FAQEntryPublish) && e.State == Published {
		e.State = InReview
	}
	known := e.ID != uuid.Nil
	if !known {
		e.ID = uuid.Must(uuid.NewV7())
	}
	if who.IsLimited() && e.Scope.Customer == uuid.Nil && e.Scope.Website == uuid.Nil {
		return uuid.Nil, "", fail.Field("customer", "You are limited to some customers. Choose the customer of this entry.")
	}
	err := t.Tx(ctx, func(tx *pg.Tenant) error {
		q := faqdb.New(tx)
		if known {
			row, err := q.LockEntry(ctx, e.ID)
			if pg.IsNoRows(err) {
				if _, seen := q.GetEntry(ctx, e.ID); who.IsLimited() && seen == nil {
					return fail.New(fail.Forbidden,
						"This entry is for all customers, and you are limited to some. Ask a manager who is not limited.")
				}
				return fail.Missing("FAQ entry")
			}
			if err != nil {
				return err
			}
			if int(row.Version) != e.Version {
				return fail.New(fail.Conflict,
					"Someone has changed this entry since you opened it. Your text is still here. Compare it with the "+
						"entry in another tab, then save again.")
			}
		}
		if !known {
			counts, err := q.CountEntriesByState(ctx)
			if err != nil {
				return err
			}
			total := 0
			for _, c := range counts {
				total += int(c.Entries)
			}
			if total >= maxEntries {
				return fail.New(fail.Conflict, "Your FAQ has %d entries, which is the limit. Delete some first.", total)
			}
		}
		if err := rejectDuplicate(ctx, q, e); err != nil {
			return err
		}
		return recordSaved(ctx, tx, who, e, known, func() error { return writeEntries(ctx, q, who, []Entry{e}, known) })
	})
	if pg.IsDenied(err) {
		err = fail.Field("customer", "Choose one of your customers and one of its websites.")
	}
	if pg.IsMissingReference(err) {
		err = fail.Field(scopeField(e.Scope), "This customer, website or group no longer exists. Choose another one.")
	}
	if err == nil {
		s.publishEntries(who.Org(), e.ID)
	}
	return e.ID, e.State, err
}

// rejectDuplicate refuses a question that another entry for the same place has in the same language, but for case, blanks and punctuation.
// A text that is the entry's own already is not refused.
func rejectDuplicate(ctx context.Context, q *faqdb.Queries, e Entry) error {
	before, err := getEntry(ctx, q, e.ID)
	if err != nil && fail.KindOf(err) != fail.NotFound {
		return err
	}
	own := map[string]bool{}
	for _, t := range before.Texts {
		own[questionKey(t, before.Scope)] = true
	}
	var checks fail.Checks
	for i, t := range e.Texts {
		words := SearchWords(t.Question)
		if own[questionKey(t, e.Scope)] || len(words) == 0 {
			continue
		}
		rows, err := q.ListSimilarQuestions(ctx, faqdb.ListSimilarQuestionsParams{
			ID:         e.ID,
			Language:   t.Language,
			Words:      "'" + strings.Join(words, "' & '") + "'",
			CustomerID: optional(e.Scope.Customer),
			WebsiteID:  optional(e.Scope.Website),
			GroupID:    optional(e.Scope.Group),
		})
		if err != nil {
			return err
		}
		for _, row := range rows {
			if slices.Equal(SearchWords(row.Question), words) {
				field := "question"
				if i > 0 {
					field += "-" + t.Language
				}
				checks.Add(field,
					"There is already an entry with this question: “%s”. Edit that entry, or choose another question.",
					row.Question)
			}
		}
	}
	return checks.Result()
}

// scopeField is the field beside which it is said that something of a scope is gone.
func scopeField(s Scope) string {
	switch {
	case s.Website != uuid.Nil:
		return "website"
	case s.Group != uuid.Nil:
		return "group"
	}
	return "customer"
}

// writeEntries writes entries; replace takes away the texts that they no longer have.
func writeEntries(ctx context.Context, q *faqdb.Queries, who access.Actor, list []Entry, replace bool) error {
	p := faqdb.SaveEntriesParams{ByID: optional(who.ID())}
	var texts faqdb.SaveTextsParams
	for _, e := range list {
		p.Ids = append(p.Ids, e.ID)
		p.Categories = append(p.Categories, e.Category)
		p.States = append(p.States, string(e.State))
		p.CustomerIds = append(p.CustomerIds, e.Scope.Customer)
		p.WebsiteIds = append(p.WebsiteIds, e.Scope.Website)
		p.GroupIds = append(p.GroupIds, e.Scope.Group)
		var languages []string
		for _, t := range e.Texts {
			texts.EntryIds = append(texts.EntryIds, e.ID)
			texts.Languages = append(texts.Languages, t.Language)
			texts.Questions = append(texts.Questions, t.Question)
			texts.Answers = append(texts.Answers, t.Answer)
			languages = append(languages, t.Language)
		}
		if replace {
			if err := q.DeleteTexts(ctx, faqdb.DeleteTextsParams{EntryID: e.ID, Languages: languages}); err != nil {
				return err
			}
		}
	}
	if err := q.SaveEntries(ctx, p); err != nil {
		return err
	}
	if err := q.SaveTexts(ctx, texts); err != nil {
		return err
	}
	return q.SaveHistory(ctx, p.Ids)
}

// SetState moves entries to a state, many at once; only managers publish what waits for review.
func (s *Service) SetState(ctx context.Context, who access.Actor, ids []uuid.UUID, to State) (int, error) {
	t, err := s.db.Authorize(who, access.FAQEntrySetState)
	if err != nil {
		return 0, err
	}
	if to != Draft && to != InReview && to != Published {
		return 0, fail.New(fail.Invalid, "The state must be draft, review or live.")
	}
	if len(ids) == 0 {
		return 0, fail.New(fail.Invalid, "Select at least one entry first.")
	}
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	ids = slices.Compact(ids)
	var changed []uuid.UUID
	err = t.Tx(ctx, func(tx *pg.Tenant) (err error) {
		q := faqdb.New(tx)
		there, err := q.LockEntries(ctx, ids)
		if err != nil {
			return err
		}
		if gone := len(ids) - len(there); gone > 0 {
			return fail.New(fail.Conflict,
				"%d of the selected entries no longer exist or are not accessible, so nothing was changed. Reload the list.",
				gone)
		}
		if changed, err = q.SetEntryState(ctx, faqdb.SetEntryStateParams{
			State: string(to),
			ByID:  optional(who.ID()),
			Ids:   ids,
		}); err != nil {
			return err
		}
		if err := q.SaveHistory(ctx, changed); err != nil {
			return err
		}
		return recordStates(ctx, tx, who, changed, to)
	})
	if err == nil {
		s.publishEntries(who.Org(), changed...)
	}
	return len(changed), err
}

// RemoveEntry deletes an entry with its history and with what was learned of it.
func (s *Service) RemoveEntry(ctx context.Context, who access.Actor, id uuid.UUID) error {
	t, err := s.db.Authorize(who, access.FAQEntryDelete)
	if err != nil {
		return err
	}
	err = t.Tx(ctx, func(tx *pg.Tenant) error {
		q := faqdb.New(tx)
		deleted, err := describeDeletion(ctx, q, id)
		if err != nil {
			return err
		}
		n, err := q.DeleteEntry(ctx, id)
		if err == nil && n == 0 {
			return fail.Missing("FAQ entry")
		}
		if err != nil {
			return err
		}
		return events.Record(ctx, tx, who, deleted)
	})
	if err == nil {
		s.publishEntries(who.Org(), id)
	}
	return err
}
