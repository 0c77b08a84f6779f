package attachment

import (
	"context"

	"github.com/google/uuid"

	"parley/app/domain/files"
	"parley/app/domain/identity"
	"parley/app/platform/access"
	"parley/app/platform/fail"
)

// MaxPictureBytes is the largest picture of a team member, in bytes: panels load it whole.
const MaxPictureBytes = 512 << 10

// AliasChange is what becomes of a team member's name and picture for the visitors of a customer.
type AliasChange struct {
	Customer      uuid.UUID
	Name          *string       // nil: it stays
	Picture       *files.Upload // nil: it stays. Id, purpose and what is allowed are filled in here
	RemovePicture bool
}

// SaveAliases changes names and pictures of a team member for several customers, all or none of them. Fields of its errors are alias-ID
// and picture-ID, by customer; fail.NotFound if the actor has no such team member.
func (s *Service) SaveAliases(ctx context.Context, actor access.Actor, member uuid.UUID, changes []AliasChange) error {
	if err := actor.Require(access.TeamMemberSetAliases); err != nil {
		return err
	}
	var checks fail.Checks
	var received []files.File
	list := make([]identity.AliasChange, len(changes))
	for i, c := range changes {
		list[i] = identity.AliasChange{Customer: c.Customer, Name: c.Name}
		field := "picture-" + c.Customer.String()
		switch {
		case c.RemovePicture && c.Picture != nil:
			checks.Add(field, "Choose a new picture or remove the current one, not both.")
		case c.RemovePicture:
			list[i].Picture = new(uuid.UUID)
		case c.Picture != nil:
			in := *c.Picture
			in.Purpose, in.Allowed, in.MaxBytes = files.ForPicture, []files.Category{files.Images}, MaxPictureBytes
			f, err := s.receive(ctx, actor, field, in)
			if err == nil {
				received = append(received, f)
				list[i].Picture = &f.ID
			} else if err = checks.Merge(err); err != nil {
				return err
			}
		}
	}
	err := checks.Result()
	if err == nil {
		err = s.identity.SetAliases(ctx, actor, member, list)
	}
	s.discardRefused(ctx, actor, err, received...)
	return err
}
