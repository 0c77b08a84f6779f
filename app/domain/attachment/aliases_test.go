package attachment_test

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"slices"
	"testing"

	"github.com/google/uuid"

	"parley/app/domain/attachment"
	"parley/app/domain/files"
	"parley/app/domain/identity"
	"parley/app/platform/access"
	"parley/app/platform/fail"
)

func picture(t *testing.T) *files.Upload {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 20, 20))); err != nil {
		t.Fatal(err)
	}
	return &files.Upload{Name: "mia.png", Bytes: b.Bytes()}
}

func (f fixture) aliases(t *testing.T, member uuid.UUID) identity.Alias {
	t.Helper()
	list, err := f.identity.ListAliases(context.Background(), f.As(access.Owner), member)
	at := slices.IndexFunc(list, func(a identity.Alias) bool { return a.Customer == f.Customer })
	if err != nil || at < 0 {
		t.Fatal(list, err)
	}
	return list[at]
}

// Names and pictures are saved together: one that is refused, or whose team member is not there, changes nothing.
func TestAliasesAreSavedAsAWhole(t *testing.T) {
	f := newFixture(t)
	ctx, owner, member := context.Background(), f.As(access.Owner), f.As(access.Agent).ID()
	name, long := "Mia of Tea", string(bytes.Repeat([]byte("x"), 101))
	save := func(member uuid.UUID, c attachment.AliasChange) error {
		c.Customer = f.Customer
		return f.attachments.SaveAliases(ctx, owner, member, []attachment.AliasChange{c})
	}
	if err := save(member, attachment.AliasChange{Name: &name, Picture: picture(t)}); err != nil {
		t.Fatal(err)
	}
	first := f.aliases(t, member)
	if first.Name != name || first.Picture == uuid.Nil {
		t.Fatalf("stored is %+v", first)
	}
	used, err := f.files.GetStorageUse(ctx, owner, uuid.Nil)
	if err != nil {
		t.Fatal(err)
	}
	other, field := "Another", "picture-"+f.Customer.String()
	for what, c := range map[string]attachment.AliasChange{
		"a picture that is none":        {Name: &other, Picture: &files.Upload{Name: "a.png", Bytes: []byte("text")}},
		"a picture, and none":           {Name: &other, Picture: picture(t), RemovePicture: true},
		"a picture that is far too big": {Name: &other, Picture: &files.Upload{Name: "a.png", Bytes: make([]byte, attachment.MaxPictureBytes+1)}},
	} {
		err := save(member, c)
		if e := fail.As(err); e == nil || e.Fields[field] == "" {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := save(member, attachment.AliasChange{Name: &long, Picture: picture(t)}); fail.KindOf(err) != fail.Invalid {
		t.Error("a long name:", err)
	}
	if err := save(uuid.New(), attachment.AliasChange{Name: &other, Picture: picture(t)}); fail.KindOf(err) != fail.NotFound {
		t.Error("nobody:", err)
	}
	if now := f.aliases(t, member); now != first {
		t.Errorf("after refusals stored is %+v, not %+v", now, first)
	}
	if use, err := f.files.GetStorageUse(ctx, owner, uuid.Nil); err != nil || use != used {
		t.Errorf("after refusals %+v is used, not %+v: %v", use, used, err)
	}
	if err := save(member, attachment.AliasChange{RemovePicture: true}); err != nil {
		t.Fatal(err)
	}
	if now := f.aliases(t, member); now.Picture != uuid.Nil || now.Name != name {
		t.Errorf("without a picture stored is %+v", now)
	}
	agent := f.As(access.Agent)
	if err := f.attachments.SaveAliases(ctx, agent, member, []attachment.AliasChange{{Customer: f.Customer, Name: &other}}); fail.KindOf(err) != fail.Forbidden {
		t.Error("an agent:", err)
	}
}
