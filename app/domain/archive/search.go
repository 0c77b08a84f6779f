package archive

import (
	"context"
	"regexp"
	"strings"

	"github.com/google/uuid"

	"parley/app/domain/archive/internal/archivedb"
	"parley/app/platform/fail"
)

// search finds the conversations with most of the words. Where there is a rare word, a common one finds none by itself and only counts for
// the order: otherwise every search would read nearly all conversations.
func (p *Page) search(
	ctx context.Context, q *archivedb.Queries, f Filter, words []archivedb.ListSearchWordsRow, phrases []string,
	skip int,
) error {
	if skip < 0 || skip > SearchDepth-PageSize {
		return fail.New(fail.Invalid, "Only the %d best results can be shown. Add a word or choose a shorter period.", SearchDepth)
	}
	rare := []string{}
	for _, w := range words {
		p.SearchWords = append(p.SearchWords, w.Word)
		if !w.Common {
			rare = append(rare, w.Word)
		}
	}
	depth := int32(skip) + PageSize + 1
	if len(phrases) > 0 || f.Rating != "" {
		// whether the words stand side by side, and the rating, is only known after reading the conversations
		depth = SearchDepth + 1
	}
	l := f.listParams()
	params := archivedb.SearchArchivedParams{
		Rare:        rare,
		Words:       p.SearchWords,
		Customer:    l.Customer,
		Website:     l.Website,
		GroupID:     l.GroupID,
		Agent:       l.Agent,
		AgentName:   l.AgentName,
		Tag:         l.Tag,
		Rating:      l.Rating,
		ClosedFrom:  l.ClosedFrom,
		ClosedUntil: l.ClosedUntil,
		Phrases:     phrases,
		Skip:        int32(skip),
		Most:        PageSize + 1,
		Depth:       depth,
	}
	var rows []archivedb.SearchArchivedRow
	var err error
	if len(rare) > 0 {
		rows, err = q.SearchArchived(ctx, params)
	} else {
		rows, err = searchCommon(ctx, q, params)
	}
	if err != nil {
		return err
	}
	ids := make([]uuid.UUID, 0, len(rows))
	for _, c := range rows {
		p.Conversations = append(p.Conversations, toSummary(archivedb.ListArchivedRow(c)))
	}
	if p.trim() {
		if p.Next.Skip = skip + PageSize; p.Next.Skip > SearchDepth-PageSize {
			p.HasMore, p.DepthReached = false, true
		}
	}
	at := map[uuid.UUID]*Summary{}
	for i := range p.Conversations {
		at[p.Conversations[i].ID] = &p.Conversations[i]
		ids = append(ids, p.Conversations[i].ID)
	}
	excerpts, err := q.ListExcerpts(ctx, archivedb.ListExcerptsParams{Conversations: ids, Words: p.SearchWords})
	for _, e := range excerpts {
		c := at[e.ConversationID]
		c.Excerpt, c.InNote = Excerpt(e.Body, p.SearchWords), e.Kind == "note"
	}
	return err
}

// searchCommon finds conversations where all words are common.
func searchCommon(ctx context.Context, q *archivedb.Queries, p archivedb.SearchArchivedParams) ([]archivedb.SearchArchivedRow, error) {
	rows, err := q.SearchRecentlyArchived(ctx, archivedb.SearchRecentlyArchivedParams{
		Words:       p.Words,
		Customer:    p.Customer,
		Website:     p.Website,
		GroupID:     p.GroupID,
		Agent:       p.Agent,
		AgentName:   p.AgentName,
		Tag:         p.Tag,
		Rating:      p.Rating,
		ClosedFrom:  p.ClosedFrom,
		ClosedUntil: p.ClosedUntil,
		Phrases:     p.Phrases,
		Skip:        p.Skip,
		Most:        p.Most,
		Depth:       p.Depth,
	})
	list := make([]archivedb.SearchArchivedRow, len(rows))
	for i, r := range rows {
		list[i] = archivedb.SearchArchivedRow(r)
	}
	return list, err
}

var quoted = regexp.MustCompile(`"([^"]*[^"\s][^"]*)"`)

// phrases returns the quoted parts of a search as patterns of SQL.
func phrases(text string) []string {
	list := []string{}
	for _, m := range quoted.FindAllStringSubmatch(text, 5) {
		list = append(list, "%"+strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.TrimSpace(m[1]))+"%")
	}
	return list
}
