package store

import (
	"context"
	"time"
)

// ServiceItem is a service in a list.
type ServiceItem struct {
	ID, Version                int64
	Name, Context, Type, Queue string
	Enabled                    bool
	Trigger, Target            string
	Variables, Operators       int // how many
	Changed                    time.Time
	ChangedBy                  string
}

// ServiceDraft is a service being edited. Its fields are those of config.Service.
type ServiceDraft struct {
	ID, Version                       int64 // ID 0: a new one
	Name, Context, Type, Queue        string
	Trigger, Application, ParamString string
	Target                            string
	AllowHTTP                         bool
	AfterCall                         int
	CallerID                          string
	Allow, Deny                       []string
	Enabled                           bool
	Variables                         []string // in order
	Operators                         []AssignmentDraft
}

// AssignmentDraft is an operator of a service.
type AssignmentDraft struct {
	OperatorID         int64
	Penalty            int
	Username, FullName string // to show; not saved
}

// Services lists the services. Sort is "name", "context", "type", "queue", "enabled"
// or "changed"; Search looks into the name, context and queue.
func (s *Store) Services(ctx context.Context, q ListQuery) (List[ServiceItem], error) {
	return List[ServiceItem]{}, errNotYet
}

// Service reads one to edit, or returns ErrGone.
func (s *Store) Service(ctx context.Context, id int64) (ServiceDraft, error) {
	return ServiceDraft{}, errNotYet
}

// SaveService adds or changes one, and returns it as it is then. Errors are ErrGone,
// *Conflict with a ServiceDraft, *Taken, config.Faults.
func (s *Store) SaveService(ctx context.Context, ed Editor, d ServiceDraft) (ServiceDraft, error) {
	return ServiceDraft{}, errNotYet
}

// RemoveServices removes services, all or none; those that are not there are removed already.
func (s *Store) RemoveServices(ctx context.Context, ed Editor, ids []int64) error { return errNotYet }

// ServiceUses tells the usernames of who serves the services; only of services that
// somebody serves.
func (s *Store) ServiceUses(ctx context.Context, ids []int64) ([]Use, error) { return nil, errNotYet }
