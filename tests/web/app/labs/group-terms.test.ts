import assert from 'node:assert/strict';
import test from 'node:test';
import type { GroupsAnswer, Place } from '../../../../web/src/app/labs/prototype-clustering/group-terms.js';
import {
  groupsNumbers,
  groupsSentence,
  moveGroup,
  safePoints,
  spreadGroups,
  startOf,
} from '../../../../web/src/app/labs/prototype-clustering/group-terms.js';

const answer: GroupsAnswer = {
  points: [
    [0, 0, 0, 0, 1],
    [1, 0, 0, 0, 0],
    [9, 0, 1, 1, 1],
    [8, 0, 0, 1, 1],
  ],
  prototypes: [
    [0.5, 0],
    [8.5, 0],
  ],
  radii: [1, 1],
  final_radii: [0.5, 0.5],
  pair: [0, 1],
  ratio: 0.25,
  status: 'certified',
  bound: 0.25,
  error: 0.25,
  observed: 0,
};

test('the sentence says what is proved', () => {
  assert.equal(groupsSentence(answer, 0), 'Proved: a clustering as good differs in at most 1 of 4 points');
  assert.equal(
    groupsSentence(answer, 0.05),
    'Proved: a clustering within 5 % of its loss differs in at most 1 of 4 points',
  );
  assert.equal(
    groupsSentence({ ...answer, status: 'optimal', bound: 0 }, 0),
    'Proved: no other clustering of these points is as good',
  );
  assert.equal(
    groupsSentence({ ...answer, status: 'not-certified', ratio: 1.062, bound: 1 }, 0),
    'Nothing is proved: two groups are 6 % too close',
  );
});

test('points are safe only where something is proved', () => {
  assert.equal(safePoints(answer), 3);
  assert.equal(safePoints({ ...answer, status: 'not-certified' }), 0);
  assert.match(groupsNumbers(answer), /ratio 0\.25, certified below 1; 3 of 4 points are safe/);
});

test('a group goes where it is put, with room for its points', () => {
  const centers: Place[] = [
    [0, 0],
    [1, 1],
  ];
  assert.deepEqual(moveGroup(centers, 1, 2.34, -1), [
    [0, 0],
    [2.3, -1],
  ]);
  assert.deepEqual(moveGroup(centers, 0, -99, 99)[0], [-10, 6]);
});

test('groups spread about their middle', () => {
  assert.deepEqual(
    spreadGroups(
      [
        [-1, 0],
        [3, 0],
      ],
      2,
    ),
    [
      [-3, 0],
      [5, 0],
    ],
  );
  for (const groups of [2, 3, 4]) assert.equal(startOf(groups).length, groups);
});
