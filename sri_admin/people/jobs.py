"""Work of people after the answer: somebody who is to be forgotten is forgotten wherever they are named."""

from sri_admin.kernel.part import Task
from sri_admin.people.operations import erasure

TASKS = (Task(name=erasure.FORGET, run=erasure.forget_person),)
