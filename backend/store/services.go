package store

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/asteriskcti/asteriskcti/backend/config"
)

// ServiceItem is a service in a list.
type ServiceItem struct {
	ID, Version                int64
	Name, Context, Type, Queue string
	Enabled                    bool
	Trigger, Target            string
	Action                     bool      // opens something
	Variables, Operators       int       // how many
	Changed                    time.Time // zero for never
	ChangedBy                  string    // user id of a manager; "" for the command line
}

// ServiceDraft is a service being edited. Its fields are those of config.Service.
type ServiceDraft struct {
	ID, Version                       int64 // ID 0: a new one
	Name, Context, Type, Queue        string
	Trigger, Application, ParamString string
	Target                            string
	AllowHTTP                         bool
	OpenAt                            string
	AfterCall                         int
	CallerID                          string
	Allow, Deny                       []string
	Enabled                           bool
	Variables                         []string // in order
	Labels                            map[string]string
	Dispositions                      []string // in order
	Operators                         []AssignmentDraft
}

// AssignmentDraft is an operator of a service.
type AssignmentDraft struct {
	OperatorID         int64
	Penalty            int
	Username, FullName string // to show; not saved
}

type stampedService struct {
	Row   serviceRow `gorm:"embedded"`
	Stamp stamp      `gorm:"embedded"`
}

func (stampedService) TableName() string { return "services" }

func (r serviceRow) draft(version int64) ServiceDraft {
	return ServiceDraft{
		ID: r.ID, Version: version, Name: r.Name, Context: r.Context, Type: r.Type, Queue: r.Queue, Trigger: r.Trigger, Application: r.Application,
		ParamString: r.ParamString, Target: r.Target, AllowHTTP: r.AllowHTTP, OpenAt: r.OpenAt, AfterCall: r.AfterCall, CallerID: r.CallerID, Enabled: r.Enabled,
	}
}

func (d *ServiceDraft) service() *config.Service {
	v := &config.Service{
		Name: d.Name, Context: d.Context, Type: d.Type, Queue: d.Queue, Trigger: d.Trigger, Application: d.Application,
		ParamString: d.ParamString, Target: d.Target, AllowHTTP: d.AllowHTTP, OpenAt: d.OpenAt, AfterCall: d.AfterCall, CallerID: d.CallerID, Enabled: d.Enabled,
		Allow: d.Allow, Deny: d.Deny, Variables: d.Variables, Labels: d.Labels, Dispositions: d.Dispositions,
	}
	for _, a := range d.Operators {
		v.Operators = append(v.Operators, config.Assignment{Username: a.Username, Penalty: a.Penalty})
	}
	return v
}

var serviceList = listing{
	count: "SELECT count(*) FROM services",
	ids:   "SELECT id FROM services WHERE name GLOB @pattern OR context GLOB @pattern OR queue GLOB @pattern",
	rows: `SELECT *, (SELECT count(*) FROM service_variables WHERE service_id = services.id) AS variables,
		(SELECT count(*) FROM service_operators WHERE service_id = services.id) AS operators FROM services`,
	sorts: map[string][]string{
		"name": {"name"}, "context": {"context COLLATE NOCASE", "name"}, "type": {"type", "name"}, "queue": {"queue COLLATE NOCASE", "name"},
		"enabled": {"enabled", "name"}, "changed": {"changed", "name"},
	},
	normal: "name",
}

// Services lists the services. Sort is "name", "context", "type", "queue", "enabled"
// or "changed"; Search looks into the name, context and queue.
func (s *Store) Services(ctx context.Context, q ListQuery) (page List[ServiceItem], err error) {
	type counted struct {
		Row                  serviceRow `gorm:"embedded"`
		Stamp                stamp      `gorm:"embedded"`
		Variables, Operators int
	}
	err = s.look(ctx, func(tx *gorm.DB) error {
		rows, err := list[counted](tx, serviceList, q)
		page = List[ServiceItem]{Total: rows.Total, All: rows.All, Page: rows.Page, Size: rows.Size}
		for _, r := range rows.Rows {
			v := &r.Row
			page.Rows = append(page.Rows, ServiceItem{
				v.ID, r.Stamp.Version, v.Name, v.Context, v.Type, v.Queue, v.Enabled, v.Trigger, v.Target,
				v.Application != "" || v.ParamString != "", r.Variables, r.Operators, r.Stamp.time(), r.Stamp.ChangedBy,
			})
		}
		return err
	})
	return page, told("list services", err)
}

// Service reads one to edit, or returns ErrGone.
func (s *Store) Service(ctx context.Context, id int64) (d ServiceDraft, err error) {
	err = s.look(ctx, func(tx *gorm.DB) error {
		d, err = readService(tx, id)
		return err
	})
	return d, told("read service", err)
}

func readService(tx *gorm.DB, id int64) (ServiceDraft, error) {
	list, err := readServices(tx, []int64{id})
	if err != nil {
		return ServiceDraft{}, err
	}
	if len(list) == 0 {
		return ServiceDraft{}, ErrGone
	}
	return list[0], nil
}

// readServices reads those that are there, by id.
func readServices(tx *gorm.DB, ids []int64) ([]ServiceDraft, error) {
	var (
		rows         []stampedService
		variables    []variableRow
		dispositions []dispositionRow
		prefixes     []prefixRow
		operators    []struct {
			ServiceID, OperatorID int64
			Penalty               int
			Username, Fullname    string
		}
	)
	if err := tx.Where("id IN ?", ids).Order("id").Find(&rows).Error; err != nil {
		return nil, err
	}
	if err := tx.Where("service_id IN ?", ids).Order("service_id, position").Find(&variables).Error; err != nil {
		return nil, err
	}
	if err := tx.Where("service_id IN ?", ids).Order("service_id, position").Find(&dispositions).Error; err != nil {
		return nil, err
	}
	if err := tx.Where("service_id IN ?", ids).Order("service_id, prefix").Find(&prefixes).Error; err != nil {
		return nil, err
	}
	err := tx.Raw(`SELECT a.service_id, a.operator_id, a.penalty, o.username, o.fullname
		FROM service_operators a JOIN operators o ON o.id = a.operator_id WHERE a.service_id IN ? ORDER BY a.service_id, o.username`, ids).Scan(&operators).Error
	if err != nil {
		return nil, err
	}
	list, at := make([]ServiceDraft, len(rows)), make(map[int64]*ServiceDraft, len(rows))
	for i, r := range rows {
		list[i] = r.Row.draft(r.Stamp.Version)
		at[r.Row.ID] = &list[i]
	}
	for _, r := range variables {
		d := at[r.ServiceID]
		d.Variables = append(d.Variables, r.Name)
		if r.Label != "" {
			if d.Labels == nil {
				d.Labels = map[string]string{}
			}
			d.Labels[r.Name] = r.Label
		}
	}
	for _, r := range dispositions {
		at[r.ServiceID].Dispositions = append(at[r.ServiceID].Dispositions, r.Name)
	}
	for _, r := range prefixes {
		if r.Allowed {
			at[r.ServiceID].Allow = append(at[r.ServiceID].Allow, r.Prefix)
		} else {
			at[r.ServiceID].Deny = append(at[r.ServiceID].Deny, r.Prefix)
		}
	}
	for _, r := range operators {
		at[r.ServiceID].Operators = append(at[r.ServiceID].Operators, AssignmentDraft{r.OperatorID, r.Penalty, r.Username, r.Fullname})
	}
	return list, nil
}

// services runs an edit of something else that these services tell of, and notes what
// it made of them. A service that has other operators has a new version; one that has
// the same by another name has not.
func (e *edit) services(ids []int64, do func() error) error {
	before, err := readServices(e.tx, ids)
	if err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	after, err := readServices(e.tx, ids)
	if err != nil {
		return err
	}
	for i := range after {
		change, differs := config.DiffService(before[i].service(), after[i].service())
		if !differs {
			continue
		}
		if slices.Equal(before[i].assigned(), after[i].assigned()) {
			e.touch(change)
			continue
		}
		e.note(change)
		if err := e.tx.Exec("UPDATE services SET version = ?, changed = ?, changed_by = ? WHERE id = ?",
			e.stamp.Version, e.stamp.Changed, e.stamp.ChangedBy, after[i].ID).Error; err != nil {
			return err
		}
	}
	return nil
}

// assigned is who serves it, without names, in one order.
func (d *ServiceDraft) assigned() []AssignmentDraft {
	list := make([]AssignmentDraft, len(d.Operators))
	for i, a := range d.Operators {
		list[i] = AssignmentDraft{OperatorID: a.OperatorID, Penalty: a.Penalty}
	}
	slices.SortFunc(list, func(a, b AssignmentDraft) int { return cmp.Compare(a.OperatorID, b.OperatorID) })
	return list
}

// SaveService adds or changes one, and returns it as it is then. Errors are ErrGone,
// *Conflict with a ServiceDraft, *Taken, config.Faults. An operator who is not there any
// more does not serve it.
func (s *Store) SaveService(ctx context.Context, ed Editor, d ServiceDraft) (saved ServiceDraft, err error) {
	id := d.ID
	err = s.edit(ctx, ed, func(e *edit) error {
		var old *config.Service
		if d.ID != 0 {
			row, err := find[stampedService](e.tx, d.ID)
			if err != nil {
				return err
			}
			theirs, err := readService(e.tx, d.ID)
			if err != nil {
				return err
			}
			if err := row.Stamp.conflict(d.Version, theirs); err != nil {
				return err
			}
			old = theirs.service()
		}
		if err := e.nameOperators(&d); err != nil {
			return err
		}
		service := d.service()
		if err := config.CheckService(*service, usernames(d.Operators)).Err(); err != nil {
			return err
		}
		service = &config.New("", []config.Service{*service}, nil, nil).Services[0] // canonical
		if err := e.serviceTaken(service, d.ID); err != nil {
			return err
		}
		change, differs := config.DiffService(old, service)
		if !differs {
			return nil
		}
		e.note(change)
		row := stampedService{serviceRowOf(d.ID, service), e.stamp}
		if err := e.put(&row); err != nil {
			return err
		}
		id = row.Row.ID
		return e.putMembers(id, service, d.Operators)
	})
	if err != nil {
		return ServiceDraft{}, told("save service", err)
	}
	return s.Service(ctx, id)
}

func serviceRowOf(id int64, v *config.Service) serviceRow {
	return serviceRow{
		ID: id, Name: v.Name, Context: v.Context, Type: v.Type, Queue: v.Queue, Trigger: v.Trigger, Application: v.Application, ParamString: v.ParamString,
		Target: v.Target, AllowHTTP: v.AllowHTTP, OpenAt: v.OpenAt, Enabled: v.Enabled, AfterCall: v.AfterCall, CallerID: v.CallerID,
	}
}

func usernames(list []AssignmentDraft) []string {
	names := make([]string, len(list))
	for i, a := range list {
		names[i] = a.Username
	}
	return names
}

// nameOperators gives the operators of a draft their names, and leaves out those who
// are not there.
func (e *edit) nameOperators(d *ServiceDraft) error {
	ids := make([]int64, len(d.Operators))
	for i, a := range d.Operators {
		ids[i] = a.OperatorID
	}
	var rows []operatorRow
	if err := e.tx.Where("id IN ?", ids).Find(&rows).Error; err != nil {
		return err
	}
	names := make(map[int64]string, len(rows))
	for _, r := range rows {
		names[r.ID] = r.Username
	}
	var there []AssignmentDraft
	for _, a := range d.Operators {
		if a.Username = names[a.OperatorID]; a.Username != "" {
			there = append(there, a)
		}
	}
	d.Operators = there
	return nil
}

// serviceTaken refuses what config.Snapshot.Validate finds twice: names, and of enabled
// inbound services what a call is told apart by.
func (e *edit) serviceTaken(v *config.Service, id int64) error {
	var others []serviceRow
	if err := e.tx.Where("id <> ?", id).Order("id").Find(&others).Error; err != nil {
		return err
	}
	inbound := v.Enabled && v.Type == config.Inbound
	for _, o := range others {
		both := inbound && o.Enabled && o.Type == config.Inbound
		switch {
		case strings.EqualFold(o.Name, v.Name):
			return &Taken{"name", o.Name}
		case both && o.Context == v.Context:
			return &Taken{"context", o.Name}
		case both && v.Queue != "" && strings.EqualFold(o.Queue, v.Queue):
			return &Taken{"queue", o.Name}
		}
	}
	return nil
}

// putMembers writes what belongs to a service.
func (e *edit) putMembers(id int64, v *config.Service, operators []AssignmentDraft) error {
	m := members{}
	m.add(id, v)
	for _, a := range operators {
		m.assignments = append(m.assignments, assignmentRow{id, a.OperatorID, a.Penalty})
	}
	for _, row := range []any{&variableRow{}, &dispositionRow{}, &prefixRow{}, &assignmentRow{}} {
		if err := e.tx.Where("service_id = ?", id).Delete(row).Error; err != nil {
			return err
		}
	}
	return m.insert(e.tx)
}

// RemoveServices removes services, all or none; those that are not there are removed already.
func (s *Store) RemoveServices(ctx context.Context, ed Editor, ids []int64) error {
	return told("remove services", s.edit(ctx, ed, func(e *edit) error {
		list, err := readServices(e.tx, ids)
		if err != nil {
			return err
		}
		for i := range list {
			change, _ := config.DiffService(list[i].service(), nil)
			e.note(change)
		}
		return e.tx.Where("id IN ?", ids).Delete(&serviceRow{}).Error
	}))
}

// ServiceUses tells the usernames of who serves the services.
func (s *Store) ServiceUses(ctx context.Context, ids []int64) (list []Use, err error) {
	err = s.look(ctx, func(tx *gorm.DB) error {
		list, err = used(tx, "SELECT id, name FROM services WHERE id IN ? ORDER BY name", ids, func(tx *gorm.DB, ids []int64) (map[int64][]string, error) {
			return uses(tx, `SELECT a.service_id AS id, o.username AS user FROM service_operators a JOIN operators o ON o.id = a.operator_id
				WHERE a.service_id IN ? ORDER BY o.username`, ids)
		})
		return err
	})
	return list, told("uses of services", err)
}
