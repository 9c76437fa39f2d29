package admin

import (
	"github.com/asteriskcti/asteriskcti/backend/store"
)

// seats are the desks: a PC and its telephone (row I3).
type seats struct{ store *store.Store }

func (seats) key() string  { return "seats" }
func (seats) icon() string { return "seat" }
func (seats) need() role   { return editor }

func (m seats) list(v *visit, l *list) error {
	found, err := m.store.Seats(v.req.Context(), l.sorted("extension"))
	if err != nil {
		return err
	}
	l.Total, l.All, l.Query.Page = found.Total, found.All, found.Page
	l.Columns = []column{
		{key: "extension", Label: v.t("seats.extension")}, {key: "description", Label: v.t("seats.description")},
		{key: "mac", Label: v.t("seats.mac"), low: true}, {key: "changed", Label: v.t("list.changed"), low: true},
	}
	l.Extras = v.sheetLinks("seats")
	for _, s := range found.Rows {
		l.Rows = append(l.Rows, row{ID: s.ID, Name: s.Extension, Cells: []cell{{Text: s.Description}, {Text: s.MAC, low: true, mono: true}, {When: s.Changed, low: true}}})
	}
	return nil
}

func (m seats) form(v *visit, id int64) (*form, error) {
	var draft store.SeatDraft
	if id != 0 {
		var err error
		if draft, err = m.store.Seat(v.req.Context(), id); err != nil {
			return nil, err
		}
	}
	return &form{Version: draft.Version, Fields: []*field{
		{Name: "extension", Type: "text", Label: v.t("seats.extension"), Hint: v.t("seats.extension.hint"), Value: draft.Extension, Required: true, Mono: true, Max: 80},
		{Name: "mac", Type: "text", Label: v.t("seats.mac"), Hint: v.t("seats.mac.hint"), Value: draft.MAC, Required: true, Mono: true, Max: 17},
		{Name: "description", Type: "text", Label: v.t("seats.description"), Hint: v.t("seats.description.hint"), Value: draft.Description, Max: 128, Wide: true},
	}}, nil
}

func (m seats) save(v *visit, f *form) (int64, string, error) {
	saved, err := m.store.SaveSeat(v.req.Context(), v.editor(), store.SeatDraft{
		ID: f.ID, Version: f.Version, Extension: f.value("extension"), MAC: f.value("mac"), Description: f.value("description"),
	})
	return saved.ID, saved.Extension, err
}

func (m seats) uses(v *visit, ids []int64) ([]store.Use, error) {
	return m.store.SeatUses(v.req.Context(), ids)
}

func (m seats) remove(v *visit, ids []int64) error {
	return m.store.RemoveSeats(v.req.Context(), v.editor(), ids)
}
