# cause: wrong-image
# where: control
# report: "I rolled out the new db an hour ago. The old one still answers."
# shows: a fourth pod of db with ErrImagePull or ImagePullBackOff; Events name the image ngnix.
on control kubectl set image deployment/db nginx=ngnix
on control bash -c 'until [ "$(kubectl get pods -l app=db -o name | wc -l)" -gt 3 ]; do sleep 0.2; done'
