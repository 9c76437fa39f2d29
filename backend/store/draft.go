package store

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/asteriskcti/asteriskcti/backend/config"
)

// Pending is what differs between the configuration in use and the draft, with who
// edited each item last, and when. inUse is nil when there is none; a draft that was
// never edited is none either.
func (s *Store) Pending(ctx context.Context, inUse *config.Snapshot) ([]config.Change, error) {
	changes, _, err := s.pending(ctx, inUse)
	return changes, told("compare with the configuration in use", err)
}

func (s *Store) pending(ctx context.Context, inUse *config.Snapshot) (changes []config.Change, number int64, err error) {
	err = s.look(ctx, func(tx *gorm.DB) error {
		var draft struct{ Changed, Changes int64 }
		if err := tx.Raw("SELECT changed, changes FROM draft").Scan(&draft).Error; err != nil {
			return err
		}
		if number = draft.Changes; draft.Changed == 0 {
			return nil
		}
		snapshot, err := readAll(tx)
		if err != nil {
			return err
		}
		if changes = config.Diff(inUse, snapshot); len(changes) == 0 {
			return nil
		}
		return sign(tx, changes)
	})
	return changes, number, err
}

// sign tells who made the changes, and when.
func sign(tx *gorm.DB, changes []config.Change) error {
	var rows []editRow
	if err := tx.Find(&rows).Error; err != nil {
		return err
	}
	last := make(map[[2]string]*editRow, len(rows))
	for i, r := range rows {
		last[[2]string{r.Kind, r.Name}] = &rows[i]
	}
	for i, c := range changes {
		if r := last[[2]string{c.Kind, strings.ToLower(c.Name)}]; r != nil {
			changes[i].By, changes[i].At = r.EditedBy, when(r.Edited)
		}
	}
	return nil
}

// pendingCount is the last answer of PendingCount, and what it was asked.
type pendingCount struct {
	sync.Mutex // also while it is counted: once is enough for all who ask
	number     int64
	inUse      *config.Snapshot
	known      bool
	count      int
}

// PendingCount is how many items Pending has. It is quick while neither the draft nor
// inUse, which is told by its address, is another than when it was last asked.
func (s *Store) PendingCount(ctx context.Context, inUse *config.Snapshot) (int, error) {
	last := &s.counted
	last.Lock()
	defer last.Unlock()
	var number int64
	err := s.read.WithContext(ctx).Raw("SELECT changes FROM draft").Scan(&number).Error
	if err == nil && (!last.known || last.number != number || last.inUse != inUse) {
		var changes []config.Change
		if changes, number, err = s.pending(ctx, inUse); err == nil {
			last.known, last.number, last.inUse, last.count = true, number, inUse, len(changes)
		}
	}
	if err != nil {
		return 0, told("compare with the configuration in use", err)
	}
	return last.count, nil
}

// Preview is what importing a document would change in the draft. A faulty document's
// error is config.Faults. Passwords are not made into verifiers for it.
func (s *Store) Preview(ctx context.Context, d *config.Document) ([]config.Change, error) {
	if err := d.Validate().Err(); err != nil {
		return nil, err
	}
	draft, err := s.Export(ctx)
	if err != nil {
		return nil, err
	}
	operators := make([]config.Operator, len(d.Operators))
	for i, o := range d.Operators {
		if operators[i] = o.Operator; o.Password != "" || o.MD5 != "" {
			operators[i].Verifier = config.Masked // another than any there is
		}
	}
	if !d.Identified() {
		identify(operators, draft)
	}
	target := config.New(d.Source, d.Services, d.Seats, operators, d.PauseReasons...)
	target.Limits = d.Limits
	return config.Diff(draft, target), nil
}

// RevertDraft throws the changes away that were not applied: the draft becomes what is
// in use. For the audit it is one change. check is that of ImportBy.
func (s *Store) RevertDraft(ctx context.Context, ed Editor, inUse *config.Snapshot, check func(*config.Snapshot) error) error {
	if inUse == nil {
		return errors.New("go back to the configuration in use: there is none")
	}
	return told("go back to the configuration in use", s.replace(ctx, ed, inUse, true, check))
}

// replace makes the draft what a valid configuration says. What is the same in both
// stays as it is, with its id and version. Without identified, its operators are known by
// their names. check may be nil; its error leaves all as it is.
func (s *Store) replace(ctx context.Context, ed Editor, to *config.Snapshot, identified bool, check func(*config.Snapshot) error) error {
	return s.edit(ctx, ed, func(e *edit) error {
		from, err := readAll(e.tx)
		if err == nil && check != nil {
			err = check(from)
		}
		if err != nil {
			return err
		}
		if !identified && !e.first { // until now such a file may have been in use itself
			operators, limits := slices.Clone(to.Operators), to.Limits
			identify(operators, from)
			to = config.New(to.Source, to.Services, to.Seats, operators, to.PauseReasons...)
			to.Limits = limits
		}
		changes := config.Diff(from, to)
		e.noteWhole(to.Source, changes)
		which := actions(changes)
		operators, err := e.replaceOperators(which[config.KindOperator], to)
		if err != nil {
			return err
		}
		if err := e.replaceServices(which[config.KindService], to, operators); err != nil {
			return err
		}
		if err := e.replaceSeats(which[config.KindSeat], to); err != nil {
			return err
		}
		if which[config.KindPause] == nil && which[config.KindLimits] == nil {
			return nil
		}
		return e.putSettings(to.PauseReasons, to.Limits)
	})
}

// identify tells who the operators of a file are of whom it says the names alone: those of
// these names in the draft, and others who are new.
func identify(operators []config.Operator, draft *config.Snapshot) {
	for i := range operators {
		if known, there := draft.Operator(operators[i].Username); there {
			operators[i].UID = known.UID
		} else {
			operators[i].UID = newUID()
		}
	}
}

// actions are those of the changes, by kind and name in lower case.
func actions(changes []config.Change) map[string]map[string]string {
	m := map[string]map[string]string{}
	for _, c := range changes {
		if m[c.Kind] == nil {
			m[c.Kind] = map[string]string{}
		}
		m[c.Kind][strings.ToLower(c.Name)] = c.Action
	}
	return m
}

// noteWhole notes many changes, for the audit as one: first how many, then what.
func (e *edit) noteWhole(name string, changes []config.Change) {
	var counts, what []config.FieldChange
	n := map[string]int{}
	for _, c := range changes {
		e.touch(c)
		n[c.Action]++
		item := strings.TrimSpace(c.Kind + " " + c.Name)
		if c.Action != config.Changed {
			what = append(what, config.FieldChange{Field: item, New: c.Action})
			continue
		}
		for _, f := range c.Fields {
			f.Field = item + ", " + f.Field
			what = append(what, f)
		}
	}
	for _, action := range []string{config.Added, config.Changed, config.Removed} {
		if n[action] > 0 {
			counts = append(counts, config.FieldChange{Field: action, New: strconv.Itoa(n[action])})
		}
	}
	e.account(config.Change{Kind: KindConfiguration, Name: name, Action: config.Changed, Fields: append(counts, what...)})
}

// index is the ids of a table's items by their names in lower case.
type index struct {
	ids  map[string]int64
	next int64
}

// index reads that of a table and gives ids to those that come; it returns the ids of
// those that go, and with changed of those that change.
func (e *edit) index(query string, actions map[string]string, changed bool) (x index, gone []int64, err error) {
	var rows []struct {
		ID   int64
		Name string
	}
	if err := e.tx.Raw(query).Scan(&rows).Error; err != nil {
		return x, nil, err
	}
	x.ids = make(map[string]int64, len(rows)+len(actions))
	for _, r := range rows {
		name := strings.ToLower(r.Name)
		x.ids[name], x.next = r.ID, max(x.next, r.ID)
		if action := actions[name]; action == config.Removed || changed && action == config.Changed {
			gone = append(gone, r.ID)
		}
	}
	for name, action := range actions {
		if action == config.Added {
			x.next++
			x.ids[name] = x.next
		}
	}
	return x, gone, nil
}

func (e *edit) replaceOperators(actions map[string]string, to *config.Snapshot) (index, error) {
	x, gone, err := e.index("SELECT id, username AS name FROM operators", actions, false)
	if err != nil {
		return x, err
	}
	if err := e.remove(&operatorRow{}, gone); err != nil {
		return x, err
	}
	var changed []int64
	for name, action := range actions {
		if action == config.Changed {
			changed = append(changed, x.ids[name])
		}
	}
	// Two may have got each other's names.
	if err := e.tx.Exec("UPDATE operators SET uid = '~ ' || id WHERE id IN ?", changed).Error; err != nil {
		return x, err
	}
	var rows []stampedOperator
	for _, o := range to.Operators {
		if name := strings.ToLower(o.Username); actions[name] != "" {
			rows = append(rows, stampedOperator{operatorRow{x.ids[name], o.Username, o.FullName, o.Verifier, o.Enabled, o.UID}, e.stamp})
		}
	}
	return x, insert(e.tx.Clauses(clause.OnConflict{UpdateAll: true}), rows)
}

func (e *edit) replaceServices(actions map[string]string, to *config.Snapshot, operators index) error {
	x, gone, err := e.index("SELECT id, name FROM services", actions, true)
	if err != nil {
		return err
	}
	if err := e.remove(&serviceRow{}, gone); err != nil {
		return err
	}
	var rows []stampedService
	m := members{}
	for i := range to.Services {
		v := &to.Services[i]
		name := strings.ToLower(v.Name)
		if actions[name] == "" {
			continue
		}
		id := x.ids[name]
		rows = append(rows, stampedService{serviceRowOf(id, v), e.stamp})
		m.add(id, v)
		for _, a := range v.Operators {
			m.assignments = append(m.assignments, assignmentRow{id, operators.ids[strings.ToLower(a.Username)], a.Penalty})
		}
	}
	if err := insert(e.tx, rows); err != nil {
		return err
	}
	return m.insert(e.tx)
}

func (e *edit) replaceSeats(actions map[string]string, to *config.Snapshot) error {
	// Also those that change: two seats may have changed their PCs.
	x, gone, err := e.index("SELECT id, extension AS name FROM seats", actions, true)
	if err != nil {
		return err
	}
	if err := e.remove(&seatRow{}, gone); err != nil {
		return err
	}
	var rows []stampedSeat
	for _, seat := range to.Seats {
		if name := strings.ToLower(seat.Extension); actions[name] != "" {
			rows = append(rows, stampedSeat{seatRow{x.ids[name], seat.MAC, seat.Extension, seat.Description}, e.stamp})
		}
	}
	return insert(e.tx, rows)
}

func (e *edit) remove(row any, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	return e.tx.Where("id IN ?", ids).Delete(row).Error
}

// members are rows that belong to services.
type members struct {
	variables    []variableRow
	dispositions []dispositionRow
	prefixes     []prefixRow
	assignments  []assignmentRow
}

// add takes a service's, but for its operators.
func (m *members) add(id int64, v *config.Service) {
	for position, name := range v.Variables {
		m.variables = append(m.variables, variableRow{id, position, name, v.Labels[name]})
	}
	for position, name := range v.Dispositions {
		m.dispositions = append(m.dispositions, dispositionRow{id, position, name})
	}
	for _, prefix := range v.Allow {
		m.prefixes = append(m.prefixes, prefixRow{id, prefix, true})
	}
	for _, prefix := range v.Deny {
		m.prefixes = append(m.prefixes, prefixRow{id, prefix, false})
	}
}

func (m *members) insert(tx *gorm.DB) error {
	return errors.Join(insert(tx, m.variables), insert(tx, m.dispositions), insert(tx, m.prefixes), insert(tx, m.assignments))
}

// insert writes rows, also none: gorm takes an empty list for a mistake.
func insert[Row any](tx *gorm.DB, rows []Row) error {
	if len(rows) == 0 {
		return nil
	}
	return tx.CreateInBatches(rows, batch).Error
}
