!in
510 STATE available
200 sales
201 sales
201 front
201 front desk
202 front desk No such queue
202 front desk Permission denied
202 front desk
202 sales
202 sales Interface [2J not found
202 never told before
202
+30s
200 front desk
202 front desk Cannot be paused
201 sales
!lost the connection broke
!in
200 sales
202 sales No such queue
